"""What sysfs says of functions: read once for all drivers, with bounds, and judged by nobody."""
