"""The configuration: every key with its meaning, its default and its limits; read once at the start."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from bot.config_problems import keys, overlay, read_file, sentences

NEW_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


class ConfigError(Exception):
    """A configuration that cannot be used: names file, table and key, and says what to write instead."""


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} is not a web address; write it with http:// or https://")
    return text.rstrip("/")


def _database_url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    if scheme in ("postgresql", "postgresql+psycopg") and rest:
        return _understood(text)
    if scheme == "sqlite" and rest.startswith("/") and rest.strip("/") and ":memory:" not in rest:
        return text
    # The address may hold a password, so it is not repeated.
    raise ValueError(
        "is neither a SQLite file nor PostgreSQL; write sqlite:///var/bot.db or postgresql://user@host/database"
    )


def _understood(address: str) -> str:
    # Here and not above: who only asks for help need not wait for it.
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        make_url(address)
    except (ValueError, ArgumentError):
        raise ValueError(
            "cannot be understood; write postgresql://user:password@host:5432/database, "
            "with %2F for a slash in the password, %40 for an at sign and %3A for a colon"
        ) from None
    return address


def _files_url(text: str) -> str:
    parts = urlsplit(text)
    absolute = parts.scheme == "file" and not parts.netloc and parts.path.strip("/")
    if absolute or (parts.scheme == "s3" and parts.netloc):
        return text
    raise ValueError("is not a place for files; write file:///an/absolute/folder or s3://bucket/prefix")


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{text!r} is not a time zone; write an IANA name, such as Asia/Shanghai") from error
    return text


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


WebAddress = Annotated[str, AfterValidator(_web_address)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)


class ServerConfig(_Table):
    """`[server]`: where to listen, and by what address people come."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: WebAddress = "http://127.0.0.1:8000"
    secret_key: SecretStr = SecretStr("")
    trusted_proxies: int = Field(default=0, ge=0, le=10)

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError(f"is missing or has fewer than 32 characters; write what this prints: {NEW_KEY}")
        return value

    @property
    def is_public(self) -> bool:
        """Whether others than this machine can come, directly or through a proxy."""
        return not (_is_loopback(self.host) and _is_loopback(urlsplit(self.public_url).hostname or ""))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class StorageConfig(_Table):
    """`[storage]`: `postgresql://` means the psycopg 3 driver; files are kept by their hash."""

    database_url: Annotated[str, AfterValidator(_database_url)] = "sqlite:///var/bot.db"
    files_url: Annotated[str, AfterValidator(_files_url)] = Field(
        default_factory=lambda: Path("var/files").resolve().as_uri()
    )


class CampaignConfig(_Table):
    """`[campaign]`: the pack in force; a date here goes before the pack's."""

    pack: str = Field(default="jiangsu-2024", pattern=r"^[a-z0-9][a-z0-9-]*$")
    opens_on: date | None = None
    contact_deadline: date | None = None
    submission_deadline: date | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"

    def moved_dates(self) -> dict[str, object]:
        """The dates that the operator set, by the names that the pack gives them."""
        dates = self.model_dump(include={"opens_on", "contact_deadline", "submission_deadline"})
        return {name: day for name, day in dates.items() if day is not None}


class RemindersConfig(_Table):
    """`[reminders]`: when people are written to first (R115)."""

    hour: int = Field(default=9, ge=0, le=23)
    quiet_from: time = time(21, 0)
    quiet_until: time = time(8, 0)
    workdays_only: bool = True
    evening_hour: int = Field(default=17, ge=0, le=23)


class OfficialAccountConfig(_Table):
    """`[channels.official_account]`: what the platform's page 基本配置 shows."""

    enabled: bool = False
    app_id: str = ""
    app_secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    encoding_aes_key: SecretStr = SecretStr("")
    api_base_url: WebAddress = "https://api.weixin.qq.com"

    @field_validator("app_id", "app_secret", "token")
    @classmethod
    def _needed(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        if info.data.get("enabled") and not _plain(value):
            raise ValueError("is empty; copy it from the platform's page 基本配置, or write enabled = false")
        return value

    @field_validator("encoding_aes_key")
    @classmethod
    def _whole(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if key and not (len(key) == 43 and key.isascii() and key.isalnum()):
            raise ValueError(
                f'has {len(key)} characters; write the 43 letters and digits, or "" for plain mode'
            )
        return value


def _plain(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


class SimulatorConfig(_Table):
    """`[channels.simulator]`: chat in the browser with nothing to register."""

    enabled: bool = False
    password: SecretStr = SecretStr("")


class ChannelsConfig(_Table):
    """`[channels.…]`: one table for each way to people."""

    official_account: OfficialAccountConfig = OfficialAccountConfig()
    simulator: SimulatorConfig = SimulatorConfig()


class LogConfig(_Table):
    """`[log]`: to standard error."""

    level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"
    format: Annotated[Literal["text", "json"], BeforeValidator(_lower)] = "text"


class Config(_Table):
    """Everything that the operator decides; unknown tables and keys are refused."""

    server: ServerConfig
    storage: StorageConfig = Field(default_factory=StorageConfig)
    campaign: CampaignConfig = CampaignConfig()
    reminders: RemindersConfig = RemindersConfig()
    channels: ChannelsConfig = ChannelsConfig()
    log: LogConfig = LogConfig()

    @field_validator("channels")
    @classmethod
    def _simulator_is_not_open(cls, value: ChannelsConfig, info: ValidationInfo) -> ChannelsConfig:
        server = info.data.get("server")
        simulator = value.simulator
        if server and server.is_public and simulator.enabled and not simulator.password.get_secret_value():
            raise PydanticCustomError(
                "open_simulator",
                "is empty while others than this machine can come ([server] host or public_url); "
                "write a password, or enabled = false",
                {"at": ("simulator", "password")},
            )
        return value


def load_config(path: Path | None, env: Mapping[str, str]) -> Config:
    """Read `path` (else BOT_CONFIG, else config.toml), overlaid with `BOT_<TABLE>__<KEY>` of `env`.

    Raises ConfigError with every problem on a line of its own; secrets are never repeated.
    """
    path = path or Path(env.get("BOT_CONFIG") or "config.toml")
    try:
        values = read_file(path)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    values.setdefault("server", {})
    variables = overlay(values, env)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        lines = sentences(error, Config, variables)
    raise ConfigError(
        "\n".join([f"{path}: the configuration cannot be used", *(f"  {line}" for line in lines)])
    )


def known_keys() -> dict[str, tuple[str, ...]]:
    """Every table with its keys, in order: {"server": ("host", …), "channels.simulator": (…)}."""
    return keys(Config)
