"""From a source to a requirement: detection, the sandbox, the analysis; knows no IR.

``source`` and ``reader`` say what a reader is given and owes. ``detection`` finds the reader of a
file, ``foreign`` names the files that no reader takes. ``options`` is what the caller fixes,
``analysis`` reads, infers and extracts. ``sandbox`` runs that in a process of its own (``child``,
started by ``processes``), which tells how it went in the words of ``answers``. ``installed`` finds
the entry points of readers.
"""
