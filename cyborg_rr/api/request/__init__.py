"""A request of the REST API, step by step: each file is one step, ``walk`` takes them in order.

path, version, caller, policy, query, body, answer, errors. Nothing here knows a resource.
"""
