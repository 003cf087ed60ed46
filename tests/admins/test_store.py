"""Who may work in the console."""

import pytest

from newsletter.admins.password import hash_password, verify_password
from newsletter.admins.store import create_admin, ensure_admin, find_admin
from newsletter.db import Database
from newsletter.errors import AddressError, ConflictError, SettingsError

PASSWORD = "four words nobody joins"


def test_a_password_opens_its_own_hash_only() -> None:
    """The stored hash is argon2id; nothing opens a missing or damaged one."""
    stored = hash_password(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert verify_password(stored, PASSWORD)
    assert not verify_password(stored, PASSWORD + " ")
    assert not verify_password(None, PASSWORD)
    assert not verify_password("damaged", PASSWORD)


def test_an_admin_is_found_however_the_address_is_spelt(database: Database) -> None:
    """One address is one admin, and the password does not show in a representation."""
    with database.transaction() as connection:
        admin_id = create_admin(connection, "Editor@Paper.example", PASSWORD)
        found = find_admin(connection, " EDITOR@paper.example ")
        assert found is not None
        assert found.id == admin_id
        assert "argon2" not in repr(found)
        assert find_admin(connection, "other@paper.example") is None
        with pytest.raises(ConflictError, match="already"):
            create_admin(connection, "editor@PAPER.example", PASSWORD)


def test_weak_and_wrong_input_is_refused(database: Database) -> None:
    """Eleven characters are too few, and an admin has an address."""
    with database.transaction() as connection:
        with pytest.raises(SettingsError, match="11 characters"):
            create_admin(connection, "editor@paper.example", "a" * 11)
        with pytest.raises(AddressError):
            create_admin(connection, "editor", PASSWORD)


def test_the_first_admin_is_made_once(database: Database) -> None:
    """Starting again neither makes a second nor changes the first."""
    with database.transaction() as connection:
        assert ensure_admin(connection, "first@paper.example", PASSWORD)
        assert not ensure_admin(connection, "second@paper.example", PASSWORD)
        assert find_admin(connection, "second@paper.example") is None
