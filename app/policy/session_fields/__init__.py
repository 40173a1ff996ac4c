"""What a session is made of: imposed upwards, concealed downwards."""

from app.policy.session_fields.field_rules import FieldRule
from app.policy.session_fields.filter import SessionFields
from app.policy.session_fields.item_rules import ItemRules
from app.policy.session_fields.session_rules import ResponseRules, SessionRules

__all__ = ["FieldRule", "ItemRules", "ResponseRules", "SessionFields", "SessionRules"]
