FROM python:3.12-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.lock ./
RUN pip install --require-hashes --only-binary=:all: -r requirements.lock
COPY manage.py ./
COPY models_lib models_lib/
COPY reviewapp reviewapp/
COPY training training/
COPY static static/
COPY templates templates/
# The program belongs to root, so that it cannot change itself; only the data folder is its own.
RUN python -m compileall -q . \
 && groupadd --gid 10001 review \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin review \
 && install -d -o review -g review -m 0700 /data

USER 10001:10001
ENV PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
EXPOSE 8000
CMD ["gunicorn", "reviewapp.wsgi", "--config=python:reviewapp.serving", "--bind=0.0.0.0:8000"]
