"""Simulated traffic: proxies and game servers that follow a real cluster, and the metrics they would export.

No data plane runs in the sandbox, so this package stands in for one. It watches Pods, EndpointSlices, VirtualServices
and DestinationRules, draws every request from them one by one, and knows nothing of who changes them or why.
"""
