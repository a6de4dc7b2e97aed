"""Examples of outage.network: the transformer of one street, which a switch can hang on the next line."""

from schemas.golden.words import LINE, NETWORK_IMPORT, Example

TRANSFORMER = "DJ-TR-0311"
SWITCH = "DJ-SW-0087"
MODEL = {"modelId": "DJ-GIS", "date": "2026-03-01T00:00:00+08:00"}

EXAMPLES = (
    Example(
        "network.element.v1",
        "outage.network",
        NETWORK_IMPORT,
        "2026-03-01T02:10:00+08:00",
        {
            "elementId": TRANSFORMER,
            "kind": "transformer",
            "name": "中山路1号公变",
            "names": {"en": "Zhongshan Road transformer 1"},
            "publicName": "中山路1号公变",
            "fedFrom": [
                {"elementId": LINE},
                {"elementId": "10千伏城西线", "through": [{"switch": SWITCH, "normally": "open"}]},
            ],
            "areas": ["DJ-AREA-07"],
            "nominalVoltage": 10.0,
            "territory": "urban",
            "customersServed": 510,
            "dedicated": True,
            "position": {"latitude": 30.5728, "longitude": 114.2793},
            "model": MODEL,
        },
    ),
    Example(
        "network.element-removed.v1",
        "outage.network",
        NETWORK_IMPORT,
        "2026-03-01T02:10:00+08:00",
        {"elementId": "DJ-TR-0312", "model": MODEL, "reason": "拆除"},
    ),
    Example(
        "network.model.v1",
        "outage.network",
        NETWORK_IMPORT,
        "2026-03-01T02:14:00+08:00",
        {
            "modelId": "DJ-GIS",
            "date": "2026-03-01T00:00:00+08:00",
            "elements": 144866,
            "checksum": "5d0f2c5a9b7e4c1e",
            "importedAt": "2026-03-01T02:14:00+08:00",
            "importedBy": "GIS班 李",
        },
    ),
    Example(
        "network.switched.v1",
        "outage.network",
        NETWORK_IMPORT,
        "2026-03-05T13:20:00+08:00",
        {"switch": SWITCH, "state": "closed", "at": "2026-03-05T13:19:40+08:00"},
    ),
)
