"""Mail that is owed by a row: two of its columns say when it is due next, and how often it was tried.

No crash forgets what a row owes, and of several processes that hear of it one mails it: the next try is written
down before the message leaves.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

RETRY_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Debt:
    """The row that owes a mail: its table, the condition that finds it, and how many tries there are at the most.

    A try that ends with its process counts: what kills us each time is not tried for ever.
    """

    table: sa.Table
    holds: sa.ColumnElement[bool]
    most_attempts: int
    due_column: str = "mail_due_at"
    attempts_column: str = "mail_attempts"

    def take(self, connection: sa.Connection, now: datetime) -> bool:
        """Write the next try down; False when it is not due, another process was first, or it was tried enough."""
        due, attempts = self.table.c[self.due_column], self.table.c[self.attempts_column]
        is_due = sa.and_(self.holds, due <= now)
        again = {self.due_column: now + RETRY_AFTER, self.attempts_column: attempts + 1}
        taken = sa.update(self.table).where(is_due, attempts < self.most_attempts).values(again)
        if connection.execute(taken.returning(attempts)).one_or_none() is not None:
            return True
        tried_enough = sa.update(self.table).where(is_due, attempts >= self.most_attempts)
        connection.execute(tried_enough.values({self.due_column: None}))
        return False

    def pay(self, connection: sa.Connection) -> None:
        """Owe the mail no more."""
        connection.execute(sa.update(self.table).where(self.holds).values({self.due_column: None}))

    def give_back(self, connection: sa.Connection) -> None:
        """Count the try as none, because the relay was not there; it is due again as any other."""
        attempts = self.table.c[self.attempts_column]
        fewer = sa.update(self.table).where(self.holds, attempts > 0)
        connection.execute(fewer.values({self.attempts_column: attempts - 1}))
