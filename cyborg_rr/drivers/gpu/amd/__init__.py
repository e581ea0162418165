"""AMD: the kernel driver amdgpu, its topology of compute nodes, and compute partitions."""
