"""What is site-specific: one validated YAML file, as frozen models."""

from bot.catalog.load import CatalogError, load
from bot.catalog.model import Catalog, Service

__all__ = ["Catalog", "CatalogError", "Service", "load"]
