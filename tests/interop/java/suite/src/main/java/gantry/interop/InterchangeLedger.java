// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.common.UtilAll;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * The notes between two brokers: one line per message with everything that a broker must give back the same, and one
 * line per entry of a table. Text files, so that a difference can be looked at.
 */
final class InterchangeLedger {
    static final String ORDERS = "ix_orders";
    static final String EVENTS = "ix_events";
    static final String WIDE = "ix_wide";
    static final String LATE = "ix_late";
    static final String STORM = "ix_storm";
    static final String RETRIED = "ix_retried";
    static final String RETRY_GROUP = "ix_retry_group";
    static final String DEAD_GROUP = "ix_dead_group";
    static final String OFFSET_GROUP = "ix_offset_group";
    static final String SCHEDULE = "SCHEDULE_TOPIC_XXXX";
    static final String[] TOPICS = {ORDERS, EVENTS, WIDE, LATE, STORM, RETRIED,
        "%RETRY%" + RETRY_GROUP, "%DLQ%" + DEAD_GROUP, SCHEDULE};
    /** As in the broker.conf of the script: level 1, 2, 3, 4. */
    static final int[] DELAYS_MS = {0, 1000, 5000, 2000, 12_000};

    /** A place in a queue, sortable. */
    static String place(String topic, int queue, long offset) {
        return String.format("%s|%02d|%08d", topic, queue, offset);
    }

    static String place(MessageExt m, MessageQueue q) {
        return place(q.getTopic(), q.getQueueId(), m.getQueueOffset());
    }

    /** Everything of a message that must not depend on who serves it. */
    static String line(MessageExt m) {
        var properties = new TreeMap<>(m.getProperties());
        properties.keySet().removeIf(k -> List.of("MIN_OFFSET", "MAX_OFFSET", "CLUSTER").contains(k)); // put in by readers
        String host = m.getStoreHost().toString();
        return String.join("|", "topic=" + m.getTopic(), "queue=" + m.getQueueId(), "at=" + m.getQueueOffset(),
                "phy=" + m.getCommitLogOffset(), "size=" + m.getStoreSize(), "sys=" + m.getSysFlag(), "flag=" + m.getFlag(),
                "born=" + m.getBornTimestamp() + m.getBornHost(), "stored=" + m.getStoreTimestamp() + host,
                "again=" + m.getReconsumeTimes(), "half=" + m.getPreparedTransactionOffset(),
                "body=" + m.getBody().length + ":" + UtilAll.crc32(m.getBody()), "properties=" + escaped(properties.toString()));
    }

    private static String escaped(String s) {
        StringBuilder b = new StringBuilder();
        for (char c : s.toCharArray()) {
            b.append(c >= ' ' && c < 127 && c != '\\' ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
        return b.toString();
    }

    static String offsetId(MessageExt m) throws Exception {
        return MessageDecoder.createMessageId(m.getStoreHost(), m.getCommitLogOffset());
    }

    /** Plain pulls of every queue from its beginning to its end. */
    static Map<String, MessageExt> readAll(Ctx t) throws Exception {
        Map<String, MessageExt> all = new TreeMap<>();
        for (String topic : TOPICS) {
            readTopic(t, topic, all);
        }
        return all;
    }

    static void readTopic(Ctx t, String topic, Map<String, MessageExt> all) throws Exception {
        DefaultMQPullConsumer r = t.reader();
        var route = Env.admin.examineTopicRouteInfo(topic);
        int queues = route.getQueueDatas().get(0).getReadQueueNums();
        for (int id = 0; id < queues; id++) {
            MessageQueue q = new MessageQueue(topic, Env.brokerName, id);
            long at = r.minOffset(q);
            check(at == 0, q + " begins with offset " + at + ", nothing was deleted");
            long end = r.maxOffset(q);
            while (at < end) {
                PullResult p = r.pull(q, "*", at, 32);
                check(p.getPullStatus() == PullStatus.FOUND, q + " has offsets up to " + end + ", but a pull at " + at + " gives " + p);
                for (MessageExt m : p.getMsgFoundList()) {
                    check(m.getQueueOffset() == at, q + ": offset " + m.getQueueOffset() + " where " + at + " is expected");
                    all.put(place(m, q), m);
                    at++;
                }
                check(p.getNextBeginOffset() == at, q + ": the next offset is " + p.getNextBeginOffset() + ", not " + at);
            }
        }
    }

    static void save(Path file, Map<String, MessageExt> all) throws IOException {
        List<String> lines = new ArrayList<>();
        all.forEach((place, m) -> lines.add(place + "\t" + line(m)));
        Files.write(file, lines, StandardCharsets.UTF_8);
    }

    /** First word to the rest, of the lines of a file; empty without one. */
    static Map<String, String> load(Path file) throws IOException {
        Map<String, String> lines = new TreeMap<>();
        if (Files.exists(file)) {
            for (String s : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                int tab = s.indexOf('\t');
                if (tab > 0) {
                    lines.put(s.substring(0, tab), s.substring(tab + 1));
                }
            }
        }
        return lines;
    }

    static String field(String line, String name) {
        int at = line.startsWith(name + "=") ? 0 : line.indexOf("|" + name + "=") + 1;
        int end = line.indexOf('|', at);
        return line.substring(at + name.length() + 1, end < 0 ? line.length() : end);
    }

    /** What the tables say: the topics and groups of this test, and the offsets of one group. */
    static Map<String, String> tables(Ctx t) throws Exception {
        Map<String, String> all = new TreeMap<>();
        var topics = Env.admin.getAllTopicConfig(Env.broker, 10_000).getTopicConfigTable();
        for (String name : new TreeSet<>(topics.keySet())) {
            if (name.contains("ix_") && !name.contains("reader")) {
                var c = topics.get(name);
                all.put("topic:" + name, "read " + c.getReadQueueNums() + " write " + c.getWriteQueueNums() + " perm " + c.getPerm()
                        + " order " + c.isOrder() + " filter " + c.getTopicFilterType() + " flag " + c.getTopicSysFlag()
                        + " attributes " + new TreeMap<>(c.getAttributes()));
            }
        }
        var groups = Env.admin.getAllSubscriptionGroup(Env.broker, 10_000).getSubscriptionGroupTable();
        for (String name : new TreeSet<>(groups.keySet())) {
            if (name.startsWith("ix_")) {
                var g = groups.get(name);
                all.put("group:" + name, "enable " + g.isConsumeEnable() + " min " + g.isConsumeFromMinEnable() + " broadcast "
                        + g.isConsumeBroadcastEnable() + " orderly " + g.isConsumeMessageOrderly() + " queues " + g.getRetryQueueNums()
                        + " retries " + g.getRetryMaxTimes() + " slow " + g.getWhichBrokerWhenConsumeSlowly()
                        + " timeout " + g.getConsumeTimeoutMinute());
            }
        }
        for (int id = 0; id < 4; id++) {
            long at = t.reader().getDefaultMQPullConsumerImpl().getRebalanceImpl().getmQClientFactory().getMQClientAPIImpl()
                    .queryConsumerOffset(Env.broker, offsetQuery(id), 5000);
            all.put("offset:" + OFFSET_GROUP + "@" + ORDERS + ":" + id, Long.toString(at));
        }
        return all;
    }

    private static org.apache.rocketmq.remoting.protocol.header.QueryConsumerOffsetRequestHeader offsetQuery(int id) {
        var h = new org.apache.rocketmq.remoting.protocol.header.QueryConsumerOffsetRequestHeader();
        h.setConsumerGroup(OFFSET_GROUP);
        h.setTopic(ORDERS);
        h.setQueueId(id);
        h.setSetZeroIfNotFound(false);
        return h;
    }

    private InterchangeLedger() { }
}
