// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.await;
import static gantry.interop.Ctx.check;
import static gantry.interop.Ctx.equal;
import static gantry.interop.Ctx.msg;
import static gantry.interop.Ctx.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.MessageExt;

final class QueryCases {
    static void register() {
        Main.add("query_by_key", 40, QueryCases::byKey);
        Main.add("view_by_unique_id", 40, QueryCases::byUniqueId);
        Main.add("view_by_offset_id", 30, QueryCases::byOffsetId);
    }

    /** Bodies of the messages with a key; the broker builds its index a moment after the send. */
    private static Set<String> query(DefaultMQProducer p, String topic, String key, int max, long from, long to) throws Exception {
        Set<String> bodies = new TreeSet<>();
        try {
            p.queryMessage(topic, key, max, from, to).getMessageList().forEach(m -> bodies.add(text(m)));
        } catch (MQClientException e) {
            if (e.getResponseCode() != 208 && !String.valueOf(e.getMessage()).contains("no message")) {
                throw e;
            }
        }
        return bodies;
    }

    static void byKey(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        long begin = System.currentTimeMillis() - 1000;
        for (int i = 0; i < 10; i++) {
            var m = msg(topic, "Q", "", "q" + i);
            m.setKeys(List.of("common", "single" + i, "mod" + i % 2));
            t.send(p, m);
        }
        t.send(p, msg(topic, "Q", "other", "other"));
        long end = System.currentTimeMillis() + 60_000;
        await(20, () -> "the key 'other' is not found", () -> query(p, topic, "other", 32, begin, end).equals(Set.of("other")));
        equal(10, query(p, topic, "common", 32, begin, end).size(), "messages with the common key");
        equal(Set.of("q3"), query(p, topic, "single3", 32, begin, end), "messages with key single3");
        equal(Set.of("q1", "q3", "q5", "q7", "q9"), query(p, topic, "mod1", 32, begin, end), "messages with key mod1");
        equal(4, query(p, topic, "common", 4, begin, end).size(), "messages when only 4 are wanted");
        equal(Set.of(), query(p, topic, "nobody", 32, begin, end), "messages with an unknown key");
        equal(Set.of(), query(p, topic, "common", 32, 0, begin - 3_600_000), "messages of an earlier hour");
    }

    static void byUniqueId(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        List<SendResult> sent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            sent.add(t.send(p, msg(topic, "U", "uk", "u" + i)));
        }
        String lastError[] = {""};
        for (int i = 0; i < 5; i++) {
            SendResult r = sent.get(i);
            String body = "u" + i;
            await(15, () -> body + " is not found by its unique id: " + lastError[0], () -> {
                try {
                    MessageExt m = p.viewMessage(topic, r.getMsgId());
                    return m != null && text(m).equals(body) && m.getQueueOffset() == r.getQueueOffset()
                            && m.getQueueId() == r.getMessageQueue().getQueueId();
                } catch (MQClientException e) {
                    lastError[0] = e.toString();
                    return false;
                }
            });
        }
    }

    static void byOffsetId(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        SendResult a = t.send(p, msg(topic, "V", "vk", "first"));
        SendResult b = t.send(p, msg(topic, "V", "vk", "second"));
        MessageExt m = p.viewMessage(topic, b.getOffsetMsgId());
        check(m != null, "no message for the offset id");
        equal("second", text(m), "body");
        equal(topic, m.getTopic(), "topic");
        equal(b.getQueueOffset(), m.getQueueOffset(), "queue offset");
        equal(b.getMsgId(), m.getMsgId(), "unique id");
        equal("first", text(p.viewMessage(topic, a.getOffsetMsgId())), "body of the first");
        // An address inside of no message: not found, and the broker stays alive.
        String wrong = a.getOffsetMsgId().substring(0, 16) + "00000000FFFFFFFF";
        try {
            MessageExt none = p.viewMessage(topic, wrong);
            check(none == null, "a message was found at a wrong place");
        } catch (MQClientException | org.apache.rocketmq.client.exception.MQBrokerException e) {
            t.note("wrong id refused");
        }
        t.send(p, msg(topic, "V", "", "still alive"));
        t.readAll(topic, 3);
    }

    private QueryCases() { }
}
