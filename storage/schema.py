"""Every table in one import, for migrations and for checking that they match."""

from storage import (
    audit,
    campaigns,
    inbound,
    jobs,
    leases,
    outbox,
    people,
    platform_tokens,
    simulated,
    submissions,
)
from storage.db import Base

TABLES = (audit, campaigns, inbound, jobs, leases, outbox, people, platform_tokens, simulated, submissions)
metadata = Base.metadata
