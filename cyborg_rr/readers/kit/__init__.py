"""What every family's translation into canonical operations needs, written once; knows no IR.

``node`` is one native node as a rule sees it, ``steps`` what a rule makes of it and how that
becomes nodes of a graph, ``rules`` the makers of rules that IRs have in common. ``weights`` tells
weights from inputs by their names, ``shards`` goes between a tensor and a device's part of it,
``unknown`` says what no rule translates, ``calls`` makes blocks that call others. How native names
are written is said in ``cyborg_rr.domain.graph.naming``, where they are taken apart again.
"""
