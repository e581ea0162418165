"""Tests of the TorchScript reader."""
