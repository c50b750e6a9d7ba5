"""Every table in one import, for migrations and for checking that they match."""

from storage import (
    accounts,
    admins,
    audit,
    broadcasts,
    campaigns,
    contacts,
    groups,
    inbound,
    jobs,
    leases,
    outbox,
    papers,
    people,
    plans,
    platform_tokens,
    reminders,
    simulated,
    submissions,
)
from storage.db import Base

TABLES = (
    accounts, admins, audit, broadcasts, campaigns, contacts, groups, inbound, jobs, leases, outbox, papers,
    people, plans, platform_tokens, reminders, simulated, submissions,
)  # fmt: skip
metadata = Base.metadata
