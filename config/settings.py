"""Settings, fed by the environment. Differences between places are values, not files."""

import base64
import os
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlparse

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
os.environ.setdefault("OMP_NUM_THREADS", "1")  # small matrices: threads wait for each other


def env(name: str, default: str | None = None) -> str:
    """The value of NAME, or the content of the file named by NAME_FILE."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} in the environment (see .env.example).")
    return value


def env_bool(name: str, default: bool = False) -> bool:
    value = env(name, "1" if default else "0").lower()
    if value not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value in {"1", "true", "yes"}


def clock_play(told: str) -> tuple[datetime, datetime, float] | None:
    """From "real instant,instant of the city,times faster"; None when nothing is played."""
    if not told:
        return None
    try:
        began, shows, rate = told.split(",")
        play = datetime.fromisoformat(began), datetime.fromisoformat(shows), float(rate)
    except ValueError as error:
        raise ImproperlyConfigured(f"DENGTA_PLAY cannot be read: {told!r}.") from error
    if None in (play[0].tzinfo, play[1].tzinfo) or not 0 < play[2] <= 600:
        raise ImproperlyConfigured("DENGTA_PLAY needs instants with an offset, and a rate to 600.")
    return play


# --- What this place is -------------------------------------------------------------
DEMO = env_bool("DEMO")
DEBUG = env_bool("DEBUG")
TESTING = "PYTEST_VERSION" in os.environ
EMBEDDED = env_bool("DENGTA_EMBEDDED")  # servers from wheels, see config/servers.py
LOCAL = DEMO or DEBUG or TESTING or EMBEDDED  # no real people here: throwaway keys are enough
CITY_NAME = _("Hetang City") if LOCAL else env("DENGTA_CITY_NAME", "")
SITE_URL = env("DENGTA_SITE_URL", "http://127.0.0.1:8000")  # in messages

# --- Secrets ------------------------------------------------------------------------
THROWAWAY = base64.b64encode(b"only-for-tests-and-demonstration"[:32]).decode()
SECRET_KEY = env("DENGTA_SECRET_KEY", THROWAWAY * 2 if LOCAL else None)
# "k2:<base64 of 32 bytes>,k1:<...>": the first key seals, all of them open.
DATA_KEYS = env("DENGTA_DATA_KEYS", f"k0:{THROWAWAY}" if LOCAL else None)
INDEX_KEY = env("DENGTA_INDEX_KEY", THROWAWAY if LOCAL else None)

# --- Django -------------------------------------------------------------------------
ALLOWED_HOSTS = env("DENGTA_HOSTS", "*" if LOCAL else "localhost,127.0.0.1").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in env("DENGTA_ORIGINS", "").split(",") if o]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "windows.Staff"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/staff/"
LOGOUT_REDIRECT_URL = "/"

INSTALLED_APPS = [
    "appointments",
    "queues",
    "windows",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.clock.Clock",
    "appointments.api.hot_path.HotPath",  # booking under a rush needs none of the following
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.faces.RefusalMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.faces.page_context",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- The calendar: one answer for all who ask the same within this time -------------
OFFER_KEPT_SECONDS = float(env("DENGTA_OFFER_KEPT_SECONDS", "0" if TESTING else "0.5"))

# --- PostgreSQL: the only truth -----------------------------------------------------


def database(url: str) -> dict[str, object]:
    parts = urlparse(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "options": "-c lock_timeout=3s -c statement_timeout=15s"
            " -c idle_in_transaction_session_timeout=15s",
            "connect_timeout": 5,
        },
    }


DATABASES = {"default": database(env("DATABASE_URL", "postgresql://dengta@/dengta"))}
DATABASE_PREPARE = env_bool("DATABASE_PREPARE", True)  # not behind a pooler of transactions

# --- Booking under a rush (appointments/gathering.py) --------------------------------
GATHER_BOOKINGS = env_bool("GATHER_BOOKINGS", not TESTING)
GATHER_LINE = int(env("GATHER_LINE", "40"))  # requests of a process that wait; less than threads
MEMORY_SECONDS = 0.0 if TESTING else 1.0  # how long rules are remembered (appointments/lately.py)

CLOCK_PLAY = clock_play(env("DENGTA_PLAY", "")) if DEMO else None  # only where all is invented
CLOCK_SECONDS = 0.0 if TESTING else float(env("DENGTA_CLOCK_SECONDS", "10"))  # config/clock.py

# --- Redis: the doorbell ------------------------------------------------------------
REDIS_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "messages"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 10,
}
CELERY_VISIBILITY_TIMEOUT = 120
CELERY_WORKER_SEND_TASK_EVENTS = False

# django-q2 with the ORM broker: housekeeping that runs when Redis is gone.
Q_CLUSTER = {
    "name": "housekeeping",
    "orm": "default",
    "workers": 1,
    "timeout": 70,
    "retry": 120,
    "max_attempts": 3,
    "catch_up": False,
    "save_limit": 200,
    "poll": 1,
    "ack_failures": True,
    "label": "Housekeeping",
}

# --- Messages: who carries them (docs/adr/0014) --------------------------------------
SMS_PROVIDERS = env("DENGTA_SMS_PROVIDERS", "")  # JSON, see .env.example
SMTP_URL = env("DENGTA_SMTP_URL", "")
MAIL_FROM = env("DENGTA_MAIL_FROM", "")
VAPID_PRIVATE_KEY = env("DENGTA_VAPID_PRIVATE_KEY", "")  # empty: browsers are not told
VAPID_SUBJECT = env("DENGTA_VAPID_SUBJECT", "")
PUSH_HOSTS = [  # of browsers' push services; with a dot in front: what is below it
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    ".push.apple.com",
    ".notify.windows.com",
]

# --- Words --------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = os.environ.get("DENGTA_CITY_ZONE", "Asia/Shanghai")
USE_TZ = True

# --- Static files -------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".local" / "static"
MEDIA_ROOT = Path(env("DENGTA_MEDIA", str(BASE_DIR / ".local" / "media")))  # halls' own voices
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
_MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"
_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _PLAIN if LOCAL else _MANIFEST},
}
WHITENOISE_USE_FINDERS = LOCAL

# --- Safety -------------------------------------------------------------------------
HTTPS = env_bool("DENGTA_HTTPS", not LOCAL)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
PROXY_HOPS = int(env("DENGTA_PROXY_HOPS", "0"))  # trusted proxies in front of us
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
AUTH_PASSWORD_VALIDATORS = (
    []
    if LOCAL
    else [
        {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
        {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    ]
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# --- API ----------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.faces.api_exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dengta",
    "DESCRIPTION": "Appointments and queues for ID-card windows.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [],  # each call tells its own words
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,  # would change with the language
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "WARNING")},
}
