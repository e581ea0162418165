"""Commands of ``openstack accelerator`` for what only this service has."""
