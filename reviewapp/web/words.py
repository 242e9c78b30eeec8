"""Words that pages take from names and tables; named here, so that the catalogues have them."""

from django.utils.translation import gettext_noop

ROLES = (
    gettext_noop("viewer"),
    gettext_noop("auditor"),
    gettext_noop("reviewer"),
    gettext_noop("developer"),
    gettext_noop("manager"),
    gettext_noop("admin"),
    gettext_noop("custom"),
    gettext_noop("Viewer"),
    gettext_noop("Auditor"),
    gettext_noop("Reviewer"),
    gettext_noop("Developer"),
    gettext_noop("Manager"),
    gettext_noop("Admin"),
    gettext_noop("Custom"),
)
RIGHTS = (
    gettext_noop("Can see documents"),
    gettext_noop("Can see labels and predictions"),
    gettext_noop("Can code documents"),
    gettext_noop("Can manage projects, documents and trainings"),
    gettext_noop("Can see trained models"),
    gettext_noop("Can export trained models and receive shared ones"),
    gettext_noop("Can edit trained models"),
    gettext_noop("Can delete trained models"),
    gettext_noop("Can create categories"),
    gettext_noop("Can pin, tag and unpin model versions"),
    gettext_noop("Can read and advance streams"),
    gettext_noop("Can change streams"),
    gettext_noop("Can create and delete streams"),
    gettext_noop("Can read the audit trail"),
    gettext_noop("Can give and take roles"),
)
