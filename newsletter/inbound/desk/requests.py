"""What somebody asks for who only claims an address: the envelope's sender, which anybody can write.

So it can start confirmed sign-up, which asks that address, and leaving, since nobody may be kept by having to
prove who they are. What a reader chooses is not changed; it is answered with an address that vouches for them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from newsletter.bell import Bell, TaskName
from newsletter.inbound.desk.commands import Command, Verb
from newsletter.inbound.desk.sender import RATIONED, network_of
from newsletter.inbound.desk.visit import Handled, Visit
from newsletter.inbound.desk.wishes import CHANGES, Told, leave
from newsletter.inbound.door.entrance import Errand
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.sign_ups import SignUp, put_sign_up
from newsletter.readers.store import Subscription, subscriptions_of
from newsletter.readers.tables import SubscriptionState

_IN_USE = frozenset({SubscriptionState.ACTIVE, SubscriptionState.PAUSED})
_BY_ITSELF = {Errand.SUBSCRIBE: Verb.SUBSCRIBE, Errand.UNSUBSCRIBE: Verb.STOP, Errand.HELP: Verb.HELP}
"""What a mail asks for that says nothing, by the address that it came to."""


class Done(NamedTuple):
    """What there is to tell of a command, and whom to ring for."""

    told: Sequence[Told] = ()
    bells: Sequence[Bell] = ()


def grant(visit: Visit) -> Handled:
    """Do what a sender may ask for without proof, and answer the rest."""
    if not visit.sender:
        return Handled("no sender to answer")
    commands = _without_echo(visit.commands) or _usual(visit)
    told, bells = list[Told](), list[Bell]()
    for command in commands:
        done = _grant(visit, command)
        told += [each for each in done.told if each not in told]
        bells += done.bells
    verbs = ", ".join(dict.fromkeys(each.verb for each in commands)) or "no command"
    wants_help = not commands or any(each.verb is Verb.HELP for each in commands)
    if not told and not wants_help:
        return Handled(verbs, bells)
    about = next(iter(_standing(visit, _IN_USE)), None)
    return visit.close(verbs, told if commands else [{"what": "no command"}], about, bells)


def ask_for(visit: Visit, address: str, command: Command) -> Done:
    """Begin confirmed sign-up for the newsletters that a command, or the address that it came to, names."""
    named = visit.named(command.names) if command.names else visit.named([visit.entrance.tag])
    if not command.names and not named and len(visit.newsletters) == 1:
        named = visit.newsletters
    if not named:
        return Done([{"what": "choose", "names": [each.slug for each in visit.newsletters]}])
    in_use = {each.newsletter_id for each in subscriptions_of(visit.connection, address) if each.state in _IN_USE}
    wanted = [each for each in named if each.id not in in_use]
    there: list[Told] = [{"what": "there", "name": each.name} for each in named if each.id in in_use]
    return Done(there, _sign_up(visit, address, wanted, command) if wanted else [])


def _sign_up(visit: Visit, address: str, wanted: Sequence[Newsletter], command: Command) -> list[Bell]:
    gate, network = visit.desk.gate, network_of(visit.letter.headers, RATIONED)
    # Mail whose network our MTA does not name has the limits of its address and of all mail alone.
    if network and not gate.admits_network(
        visit.connection, gate.tokens.digest("network", network).hex(), visit.now
    ):
        return []
    spoken = next((each for each in command.languages if wanted[0].other_language(each)), "")
    has_own = wanted[0].language in command.languages
    wish = SignUp(address, tuple(each.id for each in wanted), visit.origin, "" if has_own else spoken)
    return [Bell(TaskName.HANDLE_SIGN_UP, put_sign_up(visit.connection, wish, visit.now))]


def _without_echo(commands: Sequence[Command]) -> list[Command]:
    """Leave out a SUBSCRIBE without a name beside one that has it, as in the subject above the line."""
    has_named = any(each.verb is Verb.SUBSCRIBE and each.names for each in commands)
    return [each for each in commands if each.names or each.verb is not Verb.SUBSCRIBE or not has_named]


def _usual(visit: Visit) -> list[Command]:
    verb = _BY_ITSELF.get(visit.entrance.errand)
    return [Command(verb, languages=())] if verb else []


def _grant(visit: Visit, command: Command) -> Done:
    if command.verb is Verb.SUBSCRIBE:
        return ask_for(visit, visit.sender, command)
    if command.verb is Verb.STOP:
        return _leave(visit, command)
    if command.verb in CHANGES:
        return Done([{"what": "prove" if _standing(visit, _IN_USE) else "stranger"}])
    return Done() if command.verb is Verb.HELP else Done([{"what": "no command"}])


def _leave(visit: Visit, command: Command) -> Done:
    """End the sender's subscriptions: those to the newsletters named, or to the one written to, or all."""
    slugs = command.names or ((visit.entrance.tag,) if visit.entrance.tag else ())
    ids = {each.id for each in visit.named(slugs)} if slugs else {each.id for each in visit.newsletters}
    leaving = [
        each for each in _standing(visit, {*_IN_USE, SubscriptionState.UNCONFIRMED}) if each.newsletter_id in ids
    ]
    told, bells = list[Told](), list[Bell]()
    for each in leaving:
        said, letters = leave(visit.connection, each.id, visit.origin, visit.now)
        bells += [Bell(TaskName.SUBMIT_LETTER, letter) for letter in letters]
        told += [] if letters else [said]
    return Done(told if leaving else [{"what": "stranger"}], bells)


def _standing(visit: Visit, states: set[SubscriptionState] | frozenset[SubscriptionState]) -> list[Subscription]:
    """Return the sender's subscriptions in these states, first those to the newsletter that was written to."""
    own = {each.id for each in visit.named([visit.entrance.tag])}
    found = [each for each in visit.subscriptions if each.state in states]
    return sorted(found, key=lambda each: each.newsletter_id not in own)
