"""Folders and files of the Hugging Face hub: ``config.json`` and safetensors."""
