"""A migration that makes the restorer's view of what people are needed for anew leaves out no kind of work that stood before."""

from pathlib import Path

from services.tasks.domain.kinds import TO_DO

MIGRATIONS = Path(__file__).parents[2] / "services" / "restorer" / "sql" / "migrations"


def test_what_stood_for_people_to_do_still_stands_in_the_last_view() -> None:
    views = {
        path.name: applied
        for path in sorted(MIGRATIONS.glob("*.sql"))
        if "view standing_cause as"
        in (applied := path.read_text(encoding="utf-8").partition("-- migrate: rollback")[0])
    }
    before: set[str] = set()
    for name, applied in views.items():
        stands = {kind for kind in TO_DO if f"'{kind}'" in applied}
        if "pg_get_viewdef" in applied:
            stands |= before  # it adds to the view as it stands
        assert before <= stands, (
            f"{name} leaves out {sorted(before - stands)}: its view must have all that stood before"
        )
        before = stands
    assert "fact-questioned" in before
