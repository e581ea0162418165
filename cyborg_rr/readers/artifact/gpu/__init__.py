"""Code for GPUs: what compilers and drivers of NVIDIA, AMD and Khronos take."""
