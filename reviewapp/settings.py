"""Django's settings; every value that differs between machines comes from :mod:`reviewapp.env`."""

from typing import Any

from csp.constants import NONE, SELF

from reviewapp import env

env.require_private_keys()

BASE_DIR = env.ROOT
DATA_DIR = env.data_dir()
ARTIFACTS_DIR = DATA_DIR / "artifacts"
UPLOADS_DIR = DATA_DIR / "uploads"
ARCHIVES_DIR = DATA_DIR / "archives"

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY").hex()
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
HTTPS = env.flag("HTTPS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "guardian",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "reviewapp",
    "models_lib",
    "training",
]
MIDDLEWARE = [
    "reviewapp.web.observing.ObservingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "reviewapp.web.languages.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "reviewapp.web.accounts.SignInMiddleware",
    "reviewapp.web.second_factor.SecondFactorMiddleware",
    "reviewapp.web.refusals.RefusalMiddleware",
    "reviewapp.web.time_zones.TimeZoneMiddleware",
]
ROOT_URLCONF = "reviewapp.urls"
WSGI_APPLICATION = "reviewapp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.contrib.humanize.templatetags.humanize", "django.templatetags.i18n"],
        },
    }
]

DATABASES = {"default": env.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "reviewapp.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ANONYMOUS_USER_NAME = None  # guardian: nobody has rights before signing in
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "workspaces"
LOGOUT_REDIRECT_URL = "sign-in"

ACCOUNT_ADAPTER = "reviewapp.web.sign_in_flow.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = (
    False  # they would live in a cache; reviewapp.domain.lockout counts in the database
)
MFA_ADAPTER = "reviewapp.web.sign_in_flow.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # clocks may be half a minute apart
MFA_FORMS = {
    "authenticate": "reviewapp.web.factor_forms.CodeForm",
    "reauthenticate": "reviewapp.web.factor_forms.ConfirmCodeForm",
    "activate_totp": "reviewapp.web.factor_forms.AppForm",
    "add_webauthn": "reviewapp.web.factor_forms.PasskeyForm",
}
SOCIALACCOUNT_ADAPTER = "reviewapp.web.single_sign_on.ProviderAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form that is led on to the provider would be stopped by our own policy
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"


def oidc(url: str, name: str, client_id: str, secret: str) -> dict[str, Any]:
    """The one OpenID Connect provider, as django-allauth wants to be told; none without an address."""
    app = {"provider_id": "sso", "name": name, "client_id": client_id, "secret": secret}
    apps = [{**app, "settings": {"server_url": url}}] if url else []
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}}


OIDC_URL, OIDC_NAME = env.secure_url("OIDC_URL"), env.text("OIDC_NAME") or "single sign-on"
OIDC_CREATE_PEOPLE = env.flag("OIDC_CREATE_PEOPLE")
SOCIALACCOUNT_PROVIDERS = oidc(OIDC_URL, OIDC_NAME, env.text("OIDC_CLIENT_ID"), env.text("OIDC_CLIENT_SECRET"))
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = env.mail()
SENDS_MAIL = bool(EMAIL_HOST)
if SENDS_MAIL and "*" in ALLOWED_HOSTS and not any("*" not in origin for origin in CSRF_TRUSTED_ORIGINS):
    raise env.EnvironmentProblem(
        "ALLOWED_HOSTS is *, so anybody could have links with a host of their own mailed to people. "
        "Name your hosts there, or set CSRF_TRUSTED_ORIGINS."
    )
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM")
CONTACT = env.text("CONTACT") or "the operator of this server"  # who helps people with their accounts
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds that a link for a new password lives
SECOND_FACTOR = env.words("SECOND_FACTOR")  # roles that need one, "operator", or "everybody"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY") else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^livez$", r"^metrics$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "reviewapp" / "locale"]
FORMAT_MODULE_PATH = "reviewapp.locale"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "reviewapp.static_files.Storage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "reviewapp.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["reviewapp.api.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "reviewapp.api.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# Knox would make a table for the token model that ours replaces.
MIGRATION_MODULES = {"knox": None}
KNOX_TOKEN_MODEL = "reviewapp.ApiToken"  # noqa: S105 - a table, not a secret
REST_KNOX = {"TOKEN_TTL": None, "TOKEN_PREFIX": "rvw_", "AUTH_HEADER_PREFIX": "Token"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Review API",
    "VERSION": "1",
    "DESCRIPTION": "Everything that a page can do. docs/reference/api.md has a worked example. "
    "Too many requests in a minute, of one token, person or address, are answered 429 with `Retry-After`.",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "PATH_CONVERTER_OVERRIDES": {
        "id": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
        "word": {"type": "string", "minLength": 1, "maxLength": 150},
    },
    "ENUM_NAME_OVERRIDES": {
        "AnnotationState": "reviewapp.models.Assignment.State",
        "TaskState": "reviewapp.domain.tasks.State",
        "ArchiveOrigin": "reviewapp.models.Archive.Origin",
        "ModelOrigin": "models_lib.models.TrainedModel.Origin",
        "ArchivedRoles": "reviewapp.api.archives.ROLES",
        "UnknownPeople": "reviewapp.api.archives.UNKNOWN",
        "ClosedState": "reviewapp.api.history.STATES",
        "ChoiceRole": "reviewapp.labeling.ROLES",
        "Decision": "reviewapp.api.review.DECISION_NAMES",
        "IndexState": "reviewapp.models.ClassificationIndex.State",
        "JobKind": "reviewapp.models.Job.Kind",
        "JobState": "reviewapp.models.Job.State",
        "GivenRole": "reviewapp.api.people.GIVEN",
        "MemberRole": "reviewapp.api.people.ROLES",
        "Right": "reviewapp.api.people.RIGHTS",
        "ProjectState": "reviewapp.models.Project.State",
        "ServedReason": "reviewapp.models.Reason",
        "TrainingMode": "training.modes.NAMES",
        "LabelState": "reviewapp.api.labels.STATES",
        "DeliveryState": "reviewapp.models.Delivery.State",
        "WebhookEvent": "reviewapp.models.Event",
        "StoppingRule": "reviewapp.models.StoppingLook.Rule",
        "StoppingVerdict": "reviewapp.models.StoppingLook.Verdict",
        "ValidationKind": "reviewapp.models.ValidationRound.Kind",
        "ValidationState": "reviewapp.models.ValidationRound.State",
        "VersionKind": "models_lib.models.ModelVersion.Kind",
        "VersionSource": "models_lib.models.ModelVersion.Source",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
}

CELERY_BROKER_URL = env.broker_url()

DOCUMENT_TEXT_LIMIT = env.number("DOCUMENT_TEXT_LIMIT", 10_000_000)  # characters
UPLOAD_LIMIT = env.number("UPLOAD_LIMIT", 4 << 30)  # bytes
MODEL_COUNTS = env.flag("MODEL_COUNTS", default=True)  # whether documents behind models shared in are counted aloud
FREE_SPACE_FLOOR = env.number("FREE_SPACE_FLOOR", 1 << 30)  # bytes; imports are refused below it
ARCHIVE_DAYS = env.number("ARCHIVE_DAYS", 14)  # how long an archive stays on this server
ARCHIVE_WORK = 17  # log2 N of scrypt: 128 MiB and half a second for each try at a passphrase
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 12_000_000
FILE_UPLOAD_PERMISSIONS = 0o600
SIGN_IN_TRIES = env.number("SIGN_IN_TRIES", 5)
SIGN_IN_WAIT = env.number("SIGN_IN_WAIT", 15 * 60)  # seconds
API_RATE_PER_TOKEN = env.number("API_RATE_PER_TOKEN", 12_000)  # requests a minute; 0 for no limit
API_RATE_PER_ADDRESS = env.number("API_RATE_PER_ADDRESS", 60_000)
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 1 if env.flag("BEHIND_PROXY") else 0)
LEASE_SECONDS = env.number("LEASE_SECONDS", 30 * 60)
PIN_NEEDS_RIGHT = env.flag("PIN_NEEDS_RIGHT", default=True)  # off: seeing documents and labels is enough to pin
WEBHOOK_ALLOW_PRIVATE = env.flag("WEBHOOK_ALLOW_PRIVATE")  # loopback, private and link-local addresses

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"context": {"()": "reviewapp.logs.Context"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [request %(request_id)s, job %(job_id)s] %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s %(job_id)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            "json_ensure_ascii": True,
        },
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if env.flag("LOG_JSON") else "line",
            "filters": ["context"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "WARNING")},
}
METRICS_TOKEN = env.text("METRICS_TOKEN")  # what Prometheus sends; without it only operators see the metrics
