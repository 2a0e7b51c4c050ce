// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.await;
import static gantry.interop.Ctx.check;
import static gantry.interop.Ctx.equal;
import static gantry.interop.Ctx.fail;
import static gantry.interop.Ctx.msg;
import static gantry.interop.Ctx.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.MessageQueueSelector;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

final class SendCases {
    static final MessageQueueSelector BY_NUMBER = (queues, m, arg) -> queues.get((Integer) arg % queues.size());

    static void register() {
        Main.add("send_sync", 30, SendCases::sync);
        Main.add("send_async", 30, SendCases::async);
        Main.add("send_oneway", 30, SendCases::oneway);
        Main.add("send_batch", 30, SendCases::batch);
        Main.add("send_ordered", 30, SendCases::ordered);
        Main.add("send_delayed", 60, SendCases::delayed);
        Main.add("send_large_1MiB", 60, SendCases::large);
        Main.add("send_too_large", 60, SendCases::tooLarge);
        Main.add("send_compressed", 30, SendCases::compressed);
        Main.add("send_empty_strings", 30, SendCases::minimal);
        Main.add("send_unicode_properties", 30, SendCases::unicode);
        Main.add("topic_auto_create", 30, SendCases::autoCreate);
        Main.add("topic_illegal_name", 30, SendCases::illegalTopic);
    }

    static void sync(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        Set<String> ids = new HashSet<>();
        Map<Integer, Long> next = new HashMap<>();
        long before = System.currentTimeMillis();
        for (int i = 0; i < 12; i++) {
            Message m = msg(topic, "T" + i, "k" + i, "body-" + i);
            SendResult r = t.send(p, m);
            MessageQueue q = r.getMessageQueue();
            equal(topic, q.getTopic(), "topic of the result");
            equal(Env.brokerName, q.getBrokerName(), "broker of the result");
            check(q.getQueueId() >= 0 && q.getQueueId() < 4, "queue " + q.getQueueId());
            equal(next.getOrDefault(q.getQueueId(), 0L), r.getQueueOffset(), "queue offset in queue " + q.getQueueId());
            next.put(q.getQueueId(), r.getQueueOffset() + 1);
            check(r.getMsgId() != null && r.getMsgId().length() == 32, "unique id " + r.getMsgId());
            check(r.getOffsetMsgId() != null && r.getOffsetMsgId().matches("[0-9A-F]{32}"), "offset id " + r.getOffsetMsgId());
            check(ids.add(r.getMsgId()) && ids.add(r.getOffsetMsgId()), "ids repeat");
        }
        equal(4, next.size(), "number of queues used by round robin");
        List<MessageExt> got = t.readAll(topic, 12);
        for (MessageExt m : got) {
            String n = text(m).substring(5);
            equal("T" + n, m.getTags(), "tag");
            equal("k" + n, m.getKeys(), "key");
            equal(topic, m.getTopic(), "topic");
            equal(0, m.getReconsumeTimes(), "reconsume times");
            equal(Env.broker, ((java.net.InetSocketAddress) m.getStoreHost()).getAddress().getHostAddress() + ":"
                    + ((java.net.InetSocketAddress) m.getStoreHost()).getPort(), "store host");
            check(Math.abs(m.getBornTimestamp() - before) < 60_000, "born " + m.getBornTimestamp());
            check(m.getStoreTimestamp() >= m.getBornTimestamp() - 1000, "store time before born time");
            check(m.getStoreSize() > m.getBody().length, "store size " + m.getStoreSize());
        }
    }

    static void async(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        int n = 100;
        CountDownLatch done = new CountDownLatch(n);
        Set<String> errors = ConcurrentHashMap.newKeySet();
        Set<String> ids = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < n; i++) {
            p.send(msg(topic, "A", "", "a" + i), new SendCallback() {
                @Override
                public void onSuccess(SendResult r) {
                    if (!ids.add(r.getMessageQueue().getQueueId() + "/" + r.getQueueOffset())) {
                        errors.add("offset twice: " + r);
                    }
                    done.countDown();
                }

                @Override
                public void onException(Throwable e) {
                    errors.add(e.toString());
                    done.countDown();
                }
            });
        }
        check(done.await(20, TimeUnit.SECONDS), done.getCount() + " callbacks are missing");
        check(errors.isEmpty(), "errors: " + errors);
        expectBodies(t, topic, "a", n);
    }

    static void oneway(Ctx t) throws Exception {
        String topic = t.topic(2);
        DefaultMQProducer p = t.producer();
        for (int i = 0; i < 50; i++) {
            p.sendOneway(msg(topic, "O", "", "o" + i));
        }
        await(10, () -> "one-way messages did not all arrive", () -> t.readAll(topic).size() >= 50);
        expectBodies(t, topic, "o", 50);
    }

    static void batch(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        List<Message> l = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            Message m = msg(topic, i % 2 == 0 ? "even" : "odd", "bk" + i, "b" + i);
            m.putUserProperty("n", "" + i);
            m.setFlag(i);
            l.add(m);
        }
        SendResult r = t.sent(p.send(l));
        equal(30, r.getMsgId().split(",").length, "number of unique ids");
        equal(30, r.getOffsetMsgId().split(",").length, "number of offset ids");
        equal(0L, r.getQueueOffset(), "queue offset of the first message");
        List<MessageExt> got = t.readAll(topic, 30);
        for (int i = 0; i < 30; i++) {
            MessageExt m = got.get(i);
            equal("b" + i, text(m), "body of offset " + i);
            equal((long) i, m.getQueueOffset(), "queue offset");
            equal(r.getMessageQueue().getQueueId(), m.getQueueId(), "queue");
            equal("bk" + i, m.getKeys(), "key");
            equal(i % 2 == 0 ? "even" : "odd", m.getTags(), "tag");
            equal("" + i, m.getUserProperty("n"), "user property");
            equal(i, m.getFlag(), "flag");
            // Apache appends the properties of the request, with a unique id of its own, to each
            // message: then all of them share that id. Their own ids are as good.
            check(m.getMsgId().equals(r.getMsgId().split(",")[i]) || m.getMsgId().equals(got.get(0).getMsgId()),
                    "unique id " + m.getMsgId() + " of message " + i);
        }
        SendResult again = t.sent(p.send(l.subList(0, 3), r.getMessageQueue()));
        equal(30L, again.getQueueOffset(), "queue offset of a second batch");
    }

    static void ordered(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        for (int i = 0; i < 80; i++) {
            int order = i % 7;
            SendResult r = t.sent(p.send(msg(topic, "S", "order" + order, order + ":" + i / 7), BY_NUMBER, order));
            equal(order % 4, r.getMessageQueue().getQueueId(), "queue chosen by the selector");
        }
        Map<String, Integer> next = new HashMap<>();
        List<MessageExt> got = t.readAll(topic, 80);
        for (MessageExt m : got) {
            String[] s = text(m).split(":");
            equal(Integer.parseInt(s[0]) % 4, m.getQueueId(), "queue of order " + s[0]);
            equal(next.getOrDefault(s[0], 0), Integer.parseInt(s[1]), "sequence of order " + s[0]);
            next.put(s[0], Integer.parseInt(s[1]) + 1);
        }
    }

    static void delayed(Ctx t) throws Exception {
        String topic = t.topic(2);
        Inbox in = new Inbox();
        var c = t.push(t.group());
        c.subscribe(topic, "*");
        c.registerMessageListener(in.concurrently());
        c.start();
        DefaultMQProducer p = t.producer();
        // A plain message first, so that the consumer is known to be ready.
        t.send(p, msg(topic, "D", "", "now"));
        in.expect(List.of("now"), 20);
        int[] due = {1000, 5000, 10_000};
        Map<String, Long> sentAt = new HashMap<>();
        for (int level = 1; level <= 3; level++) {
            Message m = msg(topic, "D", "dk" + level, "level" + level);
            m.setDelayTimeLevel(level);
            m.putUserProperty("mine", "v" + level);
            sentAt.put("level" + level, System.currentTimeMillis());
            t.send(p, m);
        }
        equal(1, t.readAll(topic).size(), "messages visible in the topic before the delay is over");
        in.expectOnce(List.of("now", "level1", "level2", "level3"), 30);
        StringBuilder late = new StringBuilder();
        for (int level = 1; level <= 3; level++) {
            String id = "level" + level;
            long took = in.arrived(id) - sentAt.get(id);
            check(took >= due[level - 1], id + " came after " + took + " ms, due after " + due[level - 1]);
            check(took < due[level - 1] + 10_000, id + " came only after " + took + " ms");
            late.append(level > 1 ? ", " : "").append("+").append(took - due[level - 1]);
        }
        t.note("late by " + late + " ms");
        for (MessageExt m : in.all()) {
            if (text(m).startsWith("level")) {
                equal(topic, m.getTopic(), "topic");
                equal("dk" + text(m).charAt(5), m.getKeys(), "key");
                equal("v" + text(m).charAt(5), m.getUserProperty("mine"), "user property");
                equal("D", m.getTags(), "tag");
            }
        }
    }

    static byte[] noise(int n) {
        byte[] b = new byte[n];
        new Random(n).nextBytes(b);
        return b;
    }

    static void large(Ctx t) throws Exception {
        String topic = t.topic(1);
        DefaultMQProducer p = t.producer();
        byte[] body = noise(1 << 20);
        t.send(p, new Message(topic, "L", "big", body));
        List<MessageExt> got = t.readAll(topic, 1);
        check(Arrays.equals(body, got.get(0).getBody()), "the body came back changed, " + got.get(0).getBody().length + " bytes");
    }

    static void tooLarge(Ctx t) throws Exception {
        String topic = t.topic(1);
        DefaultMQProducer p = t.producer();
        Message m = new Message(topic, "L", "big", noise((4 << 20) + 1));
        try {
            p.send(m);
            fail("4 MiB + 1 was accepted with the client's own limit");
        } catch (MQClientException e) {
            check(e.getMessage().contains("body size"), "client's text: " + e.getMessage());
        }
        // Now past the client, to see the broker's answer.
        p.setMaxMessageSize(16 << 20);
        p.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        p.setRetryTimesWhenSendFailed(0);
        try {
            p.send(m);
            fail("4 MiB + 1 was accepted by the broker");
        } catch (MQBrokerException e) {
            equal(13, e.getResponseCode(), "response code");
            t.note("broker: code 13");
        }
        t.send(p, new Message(topic, "L", "fits", noise(4 << 20)));
        List<MessageExt> got = t.readAll(topic, 1);
        equal(4 << 20, got.get(0).getBody().length, "body of exactly 4 MiB");
    }

    static void compressed(Ctx t) throws Exception {
        String topic = t.topic(1);
        DefaultMQProducer p = t.producer();
        byte[] body = "a line that repeats itself\n".repeat(4000).getBytes(StandardCharsets.UTF_8);
        t.send(p, new Message(topic, "Z", "z", body));
        t.send(p, msg(topic, "Z", "z", "short"));
        List<MessageExt> got = t.readAll(topic, 2);
        check(Arrays.equals(body, got.get(0).getBody()), "the body came back changed");
        check(got.get(0).getStoreSize() < body.length / 10, "stored in " + got.get(0).getStoreSize() + " bytes: not compressed");
        equal("short", text(got.get(1)), "short body");
    }

    /** No tag, no key, one byte of body. */
    static void minimal(Ctx t) throws Exception {
        String topic = t.topic(1);
        DefaultMQProducer p = t.producer();
        t.send(p, new Message(topic, new byte[] {0}));
        Message m = new Message(topic, "", "", new byte[] {1});
        m.setWaitStoreMsgOK(false);
        t.send(p, m);
        List<MessageExt> got = t.readAll(topic, 2);
        equal(1, got.get(0).getBody().length, "body length");
        check(got.get(0).getTags() == null, "tag " + got.get(0).getTags());
        check(got.get(0).getKeys() == null, "key " + got.get(0).getKeys());
    }

    static void unicode(Ctx t) throws Exception {
        String topic = t.topic(2);
        DefaultMQProducer p = t.producer();
        String body = "Grüße 世界 \uD83D\uDE80 \u0000 Ω";
        Message m = new Message(topic, "täg标签", body.getBytes(StandardCharsets.UTF_8));
        m.setKeys(List.of("schlüssel", "键", "k3"));
        m.setFlag(-7);
        m.setBuyerId("käufer");
        m.putUserProperty("naïve", "élan \"quoted\" \\ {json: [1,2]} \t tab");
        m.putUserProperty("emoji", "\uD83D\uDE80\uD83C\uDF0D");
        m.putUserProperty("long", "x".repeat(8000));
        SendResult r = t.send(p, m);
        Inbox in = new Inbox();
        var c = t.push(t.group());
        c.subscribe(topic, "täg标签");
        c.registerMessageListener(in.concurrently());
        c.start();
        in.expectOnce(List.of(body), 20);
        MessageExt got = in.all().get(0);
        equal("täg标签", got.getTags(), "tag");
        equal("schlüssel 键 k3", got.getKeys(), "keys");
        equal(-7, got.getFlag(), "flag");
        equal("käufer", got.getBuyerId(), "buyer");
        equal(m.getUserProperty("naïve"), got.getUserProperty("naïve"), "property with marks");
        equal("\uD83D\uDE80\uD83C\uDF0D", got.getUserProperty("emoji"), "property beyond the BMP");
        equal(8000, got.getUserProperty("long").length(), "long property");
        equal(r.getMsgId(), got.getMsgId(), "unique id");
        equal(r.getMsgId(), got.getProperty("UNIQ_KEY"), "UNIQ_KEY");
    }

    static void autoCreate(Ctx t) throws Exception {
        String topic = t.topic();
        DefaultMQProducer p = t.producer();
        Set<String> want = new TreeSet<>();
        for (int i = 0; i < 8; i++) {
            t.send(p, msg(topic, "N", "", "n" + i));
            want.add("n" + i);
        }
        Env.waitRoute(topic);
        var route = Env.admin.examineTopicRouteInfo(topic);
        equal(1, route.getQueueDatas().size(), "brokers in the route");
        var q = route.getQueueDatas().get(0);
        equal(4, q.getReadQueueNums(), "read queues (the client asks for 4)");
        equal(4, q.getWriteQueueNums(), "write queues");
        equal(6, q.getPerm(), "permission (no inherit bit)");
        equal(Env.broker, route.getBrokerDatas().get(0).getBrokerAddrs().get(0L), "broker address");
        Set<String> got = new TreeSet<>();
        t.readAll(topic, 8).forEach(m -> got.add(text(m)));
        equal(want, got, "bodies");
    }

    static void illegalTopic(Ctx t) throws Exception {
        DefaultMQProducer p = t.producer();
        for (String bad : List.of("with space", "a/b", "x".repeat(128), "SCHEDULE_TOPIC_XXXX")) {
            try {
                p.send(msg(bad, "", "", "x"));
                fail("topic '" + bad + "' was accepted");
            } catch (MQClientException | MQBrokerException e) {
                // Mostly the client itself refuses; RawCases asks the broker.
            }
        }
    }

    private static void expectBodies(Ctx t, String topic, String prefix, int n) throws Exception {
        Set<String> want = new TreeSet<>();
        for (int i = 0; i < n; i++) {
            want.add(prefix + i);
        }
        List<MessageExt> got = t.readAll(topic, n);
        Set<String> bodies = new TreeSet<>();
        got.forEach(m -> bodies.add(text(m)));
        equal(want, bodies, "bodies");
    }

    private SendCases() { }
}
