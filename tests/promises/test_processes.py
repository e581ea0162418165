"""Changes of the processes: an option, a method of the message bus, a publisher, a driver."""

from __future__ import annotations

from tests.promises.copied import CopiedPackage

_WIRED = """
from cyborg_rr.catalogue.loading import load
from cyborg_rr.conf.opts import make_config
from cyborg_rr.processes.conductor import wire_conductor
from cyborg_rr.processes.database import upgrade_database
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport

def wire(**options):
    conf = make_config([], files=[], database__connection="sqlite:///db.sqlite", **options)
    transport = make_transport(conf, "fake://")
    return wire_conductor(conf, upgrade_database(conf), transport, load()), transport
"""


def test_an_option_is_its_declaration_and_where_it_is_passed_in(package: CopiedPackage) -> None:
    package.replace(
        "conf/conductor.py",
        "OPTIONS: list[cfg.Opt] = [\n",
        "OPTIONS: list[cfg.Opt] = [\n"
        "    cfg.IntOpt('release_grace', default=7, min=1, help='Seconds that a release has.'),\n",
    )
    package.replace(
        "processes/conductor.py",
        "release_grace_seconds=2 * settings.agent_timeout",
        "release_grace_seconds=settings.release_grace",
    )
    asked = "[wire(**o)[0].use_cases.reporter._release_grace.seconds for o in ({}, changed)]"
    said = package.run(f"{_WIRED}\nchanged = dict(conductor__release_grace=9)\nprint({asked})")
    assert said.strip() == "[7, 9]"
    assert len(package.changed) == 2


def test_a_method_of_the_bus_is_client_endpoint_and_use_case(package: CopiedPackage) -> None:
    package.replace(
        "conductor/status.py",
        "    @retry_on_deadlock\n    def _store(",
        '''    def list_maintained(self) -> list[str]:
        """The devices that are out of use."""
        with self._database.reading() as session:
            found = devices.list_devices(session, status=OperatorStatus.MAINTAINING)
            return [device.uuid for device in found]

    @retry_on_deadlock
    def _store(''',
    )
    package.replace(
        "conductor/endpoint.py",
        "    @_answers\n    def synchronise_host(",
        '''    @_answers
    def list_maintained(self, _context: Any) -> list[str]:
        """See ``DeviceStatus.list_maintained``."""
        return self._status.list_maintained()

    @_answers
    def synchronise_host(''',
    )
    package.replace(
        "rpc/conductor_client.py",
        "    def set_device_status(",
        '''    def list_maintained(self) -> list[str]:
        """The devices that are out of use."""
        return list(self._call("list_maintained"))

    def set_device_status(''',
    )
    said = package.run(
        f"""{_WIRED}
service, transport = wire()
service.start()
client = ConductorClient(transport, 10)
print(client.list_maintained())
service.stop()
"""
    )
    assert said.strip() == "[]"
    assert len(package.changed) == 3


_REPORTED = """
from cyborg_rr.agent.discovery import Host
from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.loading import load_drivers
from cyborg_rr.rpc import messages

def look(driver):
    return Host("host-1", load_drivers([driver], DriverContext())).look()[0]
"""

_PUBLISHER = '''
class Publisher:
    """Says which devices a host has."""

    def __init__(self, database):
        self._database = database

    def host_changed(self, hostname):
        from cyborg_rr.db.hardware import devices

        with self._database.reading() as session:
            print(hostname, [device.fields.model for device in devices.list_devices(session)])
'''


def test_a_publisher_is_a_module_and_a_line(package: CopiedPackage) -> None:
    (package.folder / "telling.py").write_text(_PUBLISHER)
    package.add_entry_point("cyborg_rr.publishers", "telling = telling:Publisher")
    said = package.run(
        f"""{_WIRED}{_REPORTED}
service, _ = wire(conductor__publishers=["telling"])
service.use_cases.reporter.report("agent", look("fake"), "any hash")
"""
    )
    assert said == "host-1 ['FakeDevice']\n"
    assert package.changed == []


_DRIVER = '''"""Acme's FPGA, of which there is always one."""

from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart

PLACE = {"slot": "1"}


class AcmeDriver:
    """Finds it."""

    name = "acme"
    is_generic = False

    def __init__(self, context):
        pass

    def discover(self, look):
        """It is there."""
        handle = AttachHandle("PCI", PLACE)
        part = FoundPart("slot-1", (handle,))
        fields = DeviceFields(vendor="acme", model="One")
        facts = DeviceFacts("FPGA")
        return (FoundDevice(PLACE, facts, fields, (part,), vendor_name="Acme"),)

    def prepare(self, handle):
        """Nothing to do."""

    def release(self, handle):
        """Nothing to undo."""
'''


def test_a_driver_is_a_file_in_its_room_and_a_line(package: CopiedPackage) -> None:
    package.write("drivers/fpga/acme.py", _DRIVER)
    package.add_entry_point("cyborg_rr.drivers", "acme = cyborg_rr.drivers.fpga.acme:AcmeDriver")
    said = package.run(
        f"""{_REPORTED}
(device,) = look("acme").devices
(part,) = device.deployables
print(device.type, part.name, part.resource_class, *part.traits)
"""
    )
    assert said.split() == [
        "FPGA",
        "host-1_slot-1",
        "FPGA",
        "OWNER_CYBORG",
        "CUSTOM_FPGA_ACME",
    ]
    assert package.changed == ["drivers/fpga/acme.py"]
