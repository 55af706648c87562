"""Geocoding services on the network: OpenStreetMap's, and four Chinese ones. None is asked unless a study names it.

Each service is a small module of its own that declares its datum, its words for precision, its pace and
quota and where its key stands, says what it is asked, and reads its answers. What they have in common is in
``provider`` (asking, stopping), ``transport`` (one request, no trace of the key), ``answers`` (what is kept),
``wording`` (what may be sent) and ``ranking`` (to WGS84, best first).
"""

from __future__ import annotations

from walkshed.places.geocoders.making import PROVIDERS, make_geocoders
from walkshed.places.geocoders.provider import Provider

__all__ = ["PROVIDERS", "Provider", "make_geocoders"]
