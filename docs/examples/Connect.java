import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A fault, told by Kafka's own client, and the restorer's answer. Arguments: HOST:PORT OUTAGE. Java 17 or newer. */
public class Connect {
    private static final String SOURCE = "/dispatch/java";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    public static void main(String[] arguments) throws Exception {
        String kafka = arguments[0], outage = arguments[1];
        try (var producer = new KafkaProducer<String, String>(
                Map.of("bootstrap.servers", kafka, "acks", "all", "enable.idempotence", "true"),
                new StringSerializer(), new StringSerializer())) {
            String now = instant(OffsetDateTime.now());
            send(producer, outage, 1, "outage.started.v1", """
                {"mRID": "%s", "outageClass": "fault", "startedAt": "%s", "extent": {"lines": ["10千伏城北线"]}}
                """.formatted(outage, now));
            send(producer, outage, 2, "crew.status.v1", """
                {"mRID": "%s", "crewStatus": "arrived", "at": "%s", "crewId": "抢修三班"}
                """.formatted(outage, now));
            send(producer, outage, 3, "ert.changed.v1", """
                {"mRID": "%s", "changedAt": "%s", "ert": "%s", "ertConfidence": "high"}
                """.formatted(outage, now, instant(OffsetDateTime.now().plusHours(2))));
            send(producer, outage, 4, "cause.cleared.v1", """
                {"mRID": "%s", "clearedAt": "%s"}
                """.formatted(outage, now));
            send(producer, outage, 5, "supply.restored.v1", """
                {"mRID": "%s", "restoredAt": "%s", "scope": "all", "evidence": "crew"}
                """.formatted(outage, now));
        }
        System.out.println(answer(kafka, outage));
    }

    /** RFC 3339 with seconds: toString() leaves them out on the full minute, and such a time is refused. */
    private static String instant(OffsetDateTime at) {
        return at.truncatedTo(ChronoUnit.MILLIS).format(DateTimeFormatter.ISO_OFFSET_DATE_TIME);
    }

    /** One event in binary mode; returns once all in-sync replicas have it. After an error: again, with the same id. */
    private static void send(KafkaProducer<String, String> producer, String outage, int number, String type, String data)
            throws Exception {
        var event = new ProducerRecord<>("outage.dispatch", outage, data);
        Map.of("ce_specversion", "1.0", "ce_id", outage + "/" + number, "ce_source", SOURCE, "ce_type", type,
                "ce_time", instant(OffsetDateTime.now()), "content-type", "application/json")
            .forEach((name, value) -> event.headers().add(name, value.getBytes(StandardCharsets.UTF_8)));
        producer.send(event).get();
    }

    /** Whether power is believed to be back: the first restoration.confirmed or restoration.refused about an outage. */
    private static String answer(String kafka, String outage) {
        try (var consumer = new KafkaConsumer<String, String>(
                Map.of("bootstrap.servers", kafka, "group.id", "dispatch-java", "auto.offset.reset", "earliest"),
                new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("outage.restorations"));
            for (long end = System.nanoTime() + PATIENCE.toNanos(); System.nanoTime() < end; ) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    var type = new String(record.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8);
                    if (outage.equals(record.key())
                            && (type.startsWith("restoration.confirmed.") || type.startsWith("restoration.refused."))) {
                        return type + " " + record.value();
                    }
                }
            }
        }
        throw new IllegalStateException("no answer about " + outage + " after " + PATIENCE.toSeconds() + " s");
    }
}
