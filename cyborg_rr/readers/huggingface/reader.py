"""The reader of Hugging Face folders: weights to the byte, the graph from the configuration."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.safetensors import looks_like_safetensors
from cyborg_rr.readers.huggingface.marks import is_config, is_index, is_model_folder
from cyborg_rr.readers.reading.source import Source


class HuggingFaceReader:
    """Reads folders of the hub, and their files one by one as far as these go."""

    family = "huggingface"

    def recognises(self, source: Source) -> bool:
        """Whether a folder has a configuration or safetensors, or a file is one of these."""
        if source.is_folder:
            return source.folder is not None and is_model_folder(source.folder)
        head = source.head
        return looks_like_safetensors(head) or is_config(head) or is_index(head)

    def read(self, source: Source) -> Graph:
        """Read a folder or a file; see ``Reader.read``.

        What reads is loaded here: files of other families are only held against this one's marks.
        """
        from cyborg_rr.readers.huggingface.assembling import read_source

        return read_source(source, self.family)
