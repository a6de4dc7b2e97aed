"""What went out of a simulated city so far, by what the provider made of it."""

from tests.chaos.truth import Posted, number_of
from tests.sim.city.stage import Stage, asked_for
from tests.sim.judging.sending.handsets import framed, spoken_for


async def posted(stage: Stage) -> list[Posted]:
    """All that went and that the provider has not failed to deliver; of one text for several sites, one to each of them."""
    said = {**(stage.lost.texts if stage.lost else {}), **await asked_for(stage)}
    frames = await framed(stage)
    texts = []
    for made in stage.system.provider.created():
        if made.failed:
            continue
        others = spoken_for(made, frames, stage.numbers_of)
        for name in (made.message_id, *others):
            one = said[name]
            number, template = number_of(one["customerId"]), one["templateId"]
            unstable = template.endswith("/unstable")
            about = tuple(one["mrids"]), made.body if others else one["body"]
            texts.append(Posted(made.went, name, number, one["trigger"], unstable, *about, template=template))
    return texts
