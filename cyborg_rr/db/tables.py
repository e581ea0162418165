"""The tables. Schema changes are made by migrations; a test holds these classes against them.

All texts are compared to the letter on every database: migration 0004 sees to MariaDB and MySQL.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
TIMESTAMP = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
NAME = String(255)
UUID = String(36)
HASH = String(64)
DOCUMENT = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
PACKED = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


class Table(DeclarativeBase):
    """What every table has: an internal integer key and two times, in UTC."""

    metadata = MetaData(naming_convention=NAMING)
    __table_args__: tuple[object, ...] | dict[str, str] = {"mysql_engine": "InnoDB"}

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP)
    updated_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)


class HostRow(Table):
    """A host that reports devices, the agent that speaks for it and the hash of what it said.

    ``host_id``, ``machine``, ``node``, ``run`` and ``minor`` are those of its ``HostIdentity``; an
    agent of the first release sends none. ``refused_reason`` says what was refused last in its name
    (``refused_id``: of which id) and ``left_out`` (a list of ``LeftOut``) what it has but does not
    offer. ``reported`` is all that it said last, packed; it is read only where an agent says what
    changed since.

    ``lost_at`` is when it fell silent for too long (null: it is heard), ``version`` the release of
    its agent, ``drivers`` JSON of what each driver finds or why it fails, and ``report_interval``
    how many seconds it lets pass between two words.
    """

    __tablename__ = "hosts"

    name: Mapped[str] = mapped_column(NAME, unique=True)
    host_id: Mapped[str | None] = mapped_column(UUID, unique=True)
    machine: Mapped[str | None] = mapped_column(HASH)
    node: Mapped[str | None] = mapped_column(NAME)
    run: Mapped[str | None] = mapped_column(UUID)
    minor: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    agent: Mapped[str] = mapped_column(NAME)
    content_hash: Mapped[str | None] = mapped_column(HASH)
    generation: Mapped[int] = mapped_column(Integer, default=0)
    left_out: Mapped[str | None] = mapped_column(DOCUMENT)
    reported: Mapped[bytes | None] = mapped_column(PACKED, deferred=True)
    refused_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)
    refused_reason: Mapped[str | None] = mapped_column(Text)
    refused_id: Mapped[str | None] = mapped_column(UUID)
    lost_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)
    lost_reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[str | None] = mapped_column(String(50))
    drivers: Mapped[str | None] = mapped_column(DOCUMENT)
    report_interval: Mapped[int | None] = mapped_column(Integer)


class DeviceClassRow(Table):
    """A class of equal devices with its resource representation."""

    __tablename__ = "device_classes"

    name: Mapped[str] = mapped_column(NAME, unique=True)
    document: Mapped[str] = mapped_column(DOCUMENT)


class DeviceRow(Table):
    """An accelerator of a host: ``state`` a ``DeviceState``, ``status`` an ``OperatorStatus``.

    ``device_key`` is the hash of what tells it from all others of its host: its ``identity``, else
    its ``slot_key``. All three are null in what the first release stored.
    ``control_path`` is where it is now, ``control_path_key`` the hash of that. ``trouble_code``,
    ``trouble_text`` and ``trouble_since`` say why it cannot be given to anybody now;
    ``status_reason``, ``status_author`` and ``status_since`` who gave it its status and why.
    """

    __tablename__ = "devices"
    __table_args__ = (
        UniqueConstraint("hostname", "device_key"),
        Index(None, "device_class_id"),
        {"mysql_engine": "InnoDB"},
    )

    uuid: Mapped[str] = mapped_column(UUID, unique=True)
    hostname: Mapped[str] = mapped_column(NAME)
    device_key: Mapped[str | None] = mapped_column(HASH)
    slot_key: Mapped[str | None] = mapped_column(Text)
    identity: Mapped[str | None] = mapped_column(NAME)
    control_path_key: Mapped[str] = mapped_column(HASH)
    control_path: Mapped[str] = mapped_column(Text)
    capacities: Mapped[str | None] = mapped_column(Text)
    trouble_code: Mapped[str | None] = mapped_column(String(30))
    trouble_text: Mapped[str | None] = mapped_column(Text)
    trouble_since: Mapped[datetime | None] = mapped_column(TIMESTAMP)
    type: Mapped[str] = mapped_column(String(30))
    vendor: Mapped[str] = mapped_column(NAME)
    model: Mapped[str] = mapped_column(NAME)
    std_board_info: Mapped[str] = mapped_column(Text)
    vendor_board_info: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(30))
    status_reason: Mapped[str | None] = mapped_column(Text)
    status_author: Mapped[str | None] = mapped_column(NAME)
    status_since: Mapped[datetime | None] = mapped_column(TIMESTAMP)
    state: Mapped[str] = mapped_column(String(30))
    numa_node: Mapped[int | None] = mapped_column(Integer)
    peers: Mapped[str | None] = mapped_column(Text)
    versions: Mapped[str | None] = mapped_column(Text)
    driver_name: Mapped[str | None] = mapped_column(String(100))
    device_class_id: Mapped[int] = mapped_column(ForeignKey("device_classes.id"))

    @property
    def key(self) -> str:
        """``Device.key``: what its host knows it by; empty where the first release stored it."""
        return self.identity or self.slot_key or ""


class DeployableRow(Table):
    """A schedulable part of a device; its name is the Placement provider's name.

    ``part`` names it within its device (null: stored by the first release). A part that is
    described by itself has a class of its own. ``withheld_code``, ``withheld_reason`` and
    ``withheld_since`` say why its provider is not in Placement as it should be.
    """

    __tablename__ = "deployables"
    __table_args__ = (
        UniqueConstraint("device_id", "part"),
        Index(None, "device_id"),
        Index(None, "device_class_id"),
        {"mysql_engine": "InnoDB"},
    )

    uuid: Mapped[str] = mapped_column(UUID, unique=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"))
    part: Mapped[str | None] = mapped_column(NAME)
    device_class_id: Mapped[int | None] = mapped_column(ForeignKey("device_classes.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("deployables.id"))
    root_id: Mapped[int | None] = mapped_column(ForeignKey("deployables.id"))
    name: Mapped[str] = mapped_column(NAME, unique=True)
    resource_class: Mapped[str] = mapped_column(NAME)
    num_accelerators: Mapped[int] = mapped_column(Integer)
    provider_uuid: Mapped[str] = mapped_column("rp_uuid", UUID, unique=True)
    driver_name: Mapped[str | None] = mapped_column(String(100))
    bitstream_id: Mapped[str | None] = mapped_column(UUID)
    withheld_code: Mapped[str | None] = mapped_column(String(30))
    withheld_reason: Mapped[str | None] = mapped_column(Text)
    withheld_since: Mapped[datetime | None] = mapped_column(TIMESTAMP)


class AttributeRow(Table):
    """A key and value of a deployable, reported by a driver or added by an operator."""

    __tablename__ = "attributes"
    __table_args__ = (Index(None, "deployable_id"), {"mysql_engine": "InnoDB"})

    uuid: Mapped[str] = mapped_column(UUID, unique=True)
    deployable_id: Mapped[int] = mapped_column(ForeignKey("deployables.id"))
    key: Mapped[str] = mapped_column(NAME)
    value: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(10))


class AttachHandleRow(Table):
    """What an instance is given. ``state`` is a ``HandleState``; releasing has reason and age.

    ``binding_id`` tells one hold from the next, so that whoever wakes late changes nothing.
    ``arq_uuid`` is unique: a request holds at most one handle, a handle serves at most one request.
    ``place`` says where on its deployable it is (null: stored by the first release), whatever
    ``info`` is now. ``consumes`` is JSON; ``unit`` is the isolation unit, whose name means one on
    its host only: it has no index, since every host has one of the same name.
    ``reason_code`` and ``reason`` say why it is quarantined, ``clean_method`` and ``cleaned_at``
    how and when it was cleaned last.
    """

    __tablename__ = "attach_handles"
    __table_args__ = (
        UniqueConstraint("deployable_id", "place"),
        Index(None, "deployable_id", "state"),
        Index(None, "state"),
        {"mysql_engine": "InnoDB"},
    )

    uuid: Mapped[str] = mapped_column(UUID, unique=True)
    deployable_id: Mapped[int] = mapped_column(ForeignKey("deployables.id"))
    place: Mapped[str | None] = mapped_column(NAME)
    handle_key: Mapped[str] = mapped_column(HASH)
    consumes: Mapped[str | None] = mapped_column(Text)
    unit: Mapped[str | None] = mapped_column(NAME)
    type: Mapped[str] = mapped_column("attach_type", String(30))
    info: Mapped[str] = mapped_column("attach_info", Text)
    state: Mapped[str] = mapped_column(String(30))
    arq_uuid: Mapped[str | None] = mapped_column(UUID, unique=True)
    binding_id: Mapped[str | None] = mapped_column(UUID)
    state_since: Mapped[datetime | None] = mapped_column(TIMESTAMP)
    reason_code: Mapped[str | None] = mapped_column(String(30))
    reason: Mapped[str | None] = mapped_column(Text)
    clean_method: Mapped[str | None] = mapped_column(NAME)
    cleaned_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)


class DeviceProfileRow(Table):
    """A named list of request groups, as JSON."""

    __tablename__ = "device_profiles"

    uuid: Mapped[str] = mapped_column(UUID, unique=True)
    name: Mapped[str] = mapped_column(NAME, unique=True)
    description: Mapped[str | None] = mapped_column(Text)
    groups: Mapped[str] = mapped_column("profile_groups", DOCUMENT)


class AcceleratorRequestRow(Table):
    """One accelerator request, with a copy of the profile group that it came from.

    All requests of an instance are bound by one call, which numbers them in ``instance_slot``: of
    two calls for one instance that race, the unique constraint lets one through. ``trouble`` says
    what happened to the device while the request holds it.
    """

    __tablename__ = "accelerator_requests"
    __table_args__ = (
        Index(None, "project_id"),
        Index(None, "device_profile_name"),
        Index(None, "device_rp_uuid"),
        UniqueConstraint("instance_uuid", "instance_slot"),
        Index(None, "state"),
        {"mysql_engine": "InnoDB"},
    )

    uuid: Mapped[str] = mapped_column(UUID, unique=True)
    project_id: Mapped[str | None] = mapped_column(NAME)
    state: Mapped[str] = mapped_column(String(30))
    device_profile_name: Mapped[str] = mapped_column(NAME)
    device_profile_group_id: Mapped[int] = mapped_column(Integer)
    group: Mapped[str] = mapped_column("profile_group", DOCUMENT)
    hostname: Mapped[str | None] = mapped_column(NAME)
    provider_uuid: Mapped[str | None] = mapped_column("device_rp_uuid", UUID)
    instance_uuid: Mapped[str | None] = mapped_column(UUID)
    instance_slot: Mapped[int | None] = mapped_column(Integer)
    binding_id: Mapped[str | None] = mapped_column(UUID)
    conductor: Mapped[str | None] = mapped_column(NAME)
    bind_started_at: Mapped[datetime | None] = mapped_column(TIMESTAMP)
    reason: Mapped[str | None] = mapped_column(Text)
    trouble: Mapped[str | None] = mapped_column(Text)
    trouble_since: Mapped[datetime | None] = mapped_column(TIMESTAMP)


class IrRequirementRow(Table):
    """What a project's model asks for; the model itself is never stored."""

    __tablename__ = "ir_requirements"
    __table_args__ = (Index(None, "project_id"), {"mysql_engine": "InnoDB"})

    uuid: Mapped[str] = mapped_column(UUID, unique=True)
    project_id: Mapped[str | None] = mapped_column(NAME)
    name: Mapped[str] = mapped_column(NAME)
    document: Mapped[str] = mapped_column(DOCUMENT)


class MeasurementRow(Table):
    """What a runtime was measured to do on a device of a class, by an administrator.

    ``content_hash`` is that of ``document``, which has all of it; ``product`` is null where what
    was measured holds for the class alone.
    """

    __tablename__ = "measurements"
    __table_args__ = (Index(None, "device_class"), {"mysql_engine": "InnoDB"})

    uuid: Mapped[str] = mapped_column(UUID, unique=True)
    device_class: Mapped[str] = mapped_column(NAME)
    product: Mapped[str | None] = mapped_column(NAME)
    runtime: Mapped[str] = mapped_column(NAME)
    software: Mapped[str] = mapped_column(NAME)
    measured_on: Mapped[str] = mapped_column(String(10))
    operators: Mapped[int] = mapped_column(Integer)
    models: Mapped[int] = mapped_column(Integer)
    content_hash: Mapped[str] = mapped_column(HASH, unique=True)
    document: Mapped[str] = mapped_column(DOCUMENT, deferred=True)


class LeaseRow(Table):
    """Who may do something alone until ``expires_at``, a time of the database.

    ``epoch`` grows by one with each holder, so that what an earlier one still writes is told apart.
    The lease ``conductor:NAME`` is that conductor's heartbeat; ``about`` is JSON on its holder.
    """

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(NAME, unique=True)
    holder: Mapped[str] = mapped_column(NAME)
    epoch: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP)
    about: Mapped[str | None] = mapped_column(Text)


class InstanceEventRow(Table):
    """How a bind ended, which Nova is to be told; gone when Nova knows or nobody needs it."""

    __tablename__ = "instance_events"
    __table_args__ = (Index(None, "next_attempt_at"), {"mysql_engine": "InnoDB"})

    arq_uuid: Mapped[str] = mapped_column(UUID, unique=True)
    instance_uuid: Mapped[str] = mapped_column(UUID)
    status: Mapped[str] = mapped_column(String(30))
    attempts: Mapped[int] = mapped_column(Integer)
    next_attempt_at: Mapped[datetime] = mapped_column(TIMESTAMP)
    last_error: Mapped[str | None] = mapped_column(Text)


class ProjectRow(Table):
    """A project that has been given accelerators: the row that a count of its usage locks."""

    __tablename__ = "projects"

    project_id: Mapped[str] = mapped_column(NAME, unique=True)
