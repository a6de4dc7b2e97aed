"""Say whether a text asks for an answer: whoever is to say that they know power is off, and has not, may do so by a text. Pure.

Asked are those of whom the policy wants an answer ([settings.answers] answer), in texts that say as a fact that power is off. That
the answer can come in is another matter: it is added to the text where the provider that carries it brings answers to us
(domain/provider/countries.py). Elsewhere a recorded call is the answer (chain.py).
"""

from schemas.contracts.customers import CustomerUpserted
from services.notifier.domain.customer.conversation import SUPPLY, Customer, DueText
from services.notifier.domain.customer.owing.confirming import has_confirmed
from services.notifier.domain.customer.owing.state import BESIDE
from services.notifier.domain.wording.answers import UNSURE, invitation_of
from services.notifier.domain.wording.templates import book_for
from services.policy.promised import WordTimes


def invitation(state: Customer, profile: CustomerUpserted, saying: DueText, times: WordTimes | None) -> str | None:
    """What asks them to answer this text, in their language; None where no answer is wanted of them."""
    if times is None or saying.believes != "out" or saying.thread not in (SUPPLY, BESIDE) or saying.template in UNSURE:
        return None
    if not times.answers_of(profile.importance, life_support=profile.life_support).answer or has_confirmed(state):
        return None
    return invitation_of(book_for(profile.language))
