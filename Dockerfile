# Clew in a container: slim, not root, installed from hash-locked requirements only.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements.lock requirements-setup.lock ./
RUN python -m venv /opt/clew \
    && /opt/clew/bin/pip install --require-hashes -r requirements-setup.lock \
    && /opt/clew/bin/uv pip install --python /opt/clew/bin/python --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY clew clew
COPY agents agents
COPY tools tools
COPY bot bot
COPY playground playground
COPY bench bench
RUN /opt/clew/bin/uv pip install --python /opt/clew/bin/python --no-deps --no-build-isolation . \
    && /opt/clew/bin/pip uninstall -y uv hatchling editables \
    && /opt/clew/bin/python -m compileall -q /opt/clew/lib

FROM python:3.11-slim-bookworm
# Only the `git` source needs it: `docker build --build-arg WITH_GIT=1 .`
ARG WITH_GIT=
RUN if [ -n "$WITH_GIT" ]; then apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*; fi
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin clew && install -d -o 10001 -g 10001 /var/lib/clew
COPY --from=build /opt/clew /opt/clew
ENV PATH=/opt/clew/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CLEW_HTTP__HOST=0.0.0.0 \
    CLEW_STORE__URL=sqlite:////var/lib/clew/clew.db \
    CLEW_STORE__CHECKPOINTS=/var/lib/clew/checkpoints.db
USER 10001
WORKDIR /var/lib/clew
VOLUME /var/lib/clew
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:3000/healthz', timeout=2)"]
ENTRYPOINT ["clew"]
CMD ["run"]
