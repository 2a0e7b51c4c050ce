// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.await;
import static gantry.interop.Ctx.check;
import static gantry.interop.Ctx.msg;
import static gantry.interop.Ctx.text;
import static gantry.interop.InterchangeLedger.DEAD_GROUP;
import static gantry.interop.InterchangeLedger.DELAYS_MS;
import static gantry.interop.InterchangeLedger.EVENTS;
import static gantry.interop.InterchangeLedger.LATE;
import static gantry.interop.InterchangeLedger.OFFSET_GROUP;
import static gantry.interop.InterchangeLedger.ORDERS;
import static gantry.interop.InterchangeLedger.RETRIED;
import static gantry.interop.InterchangeLedger.RETRY_GROUP;
import static gantry.interop.InterchangeLedger.STORM;
import static gantry.interop.InterchangeLedger.WIDE;
import static gantry.interop.InterchangeLedger.place;

import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.UtilAll;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.protocol.subscription.SubscriptionGroupConfig;

/** The sending half of Interchange. */
final class InterchangeWriter {
    /** Place to unique id and body, of everything the broker acknowledged in this round. */
    private static final Map<String, String> ACKED = Collections.synchronizedMap(new TreeMap<>());

    static void round(Ctx t, Path dir, int round) throws Exception {
        Env.createTopic(ORDERS, 4);
        Env.createTopic(EVENTS, 1);
        Env.createTopic(WIDE, 16);
        Env.createTopic(LATE, 2);
        Env.createTopic(STORM, 4);
        Env.createTopic(RETRIED, 1);
        tables(t, round);
        DefaultMQProducer p = t.producer();
        delayed(t, p, round);
        orders(t, p, round);
        events(t, p, round);
        wide(p, round);
        retried(t, p, round);
        await(30, () -> "messages of one second's delay are not there", () -> dueDelivered(t, round));

        Map<String, MessageExt> all = new TreeMap<>();
        await(30, () -> "acknowledged, but not served: " + missing(all), () -> {
            all.clear();
            all.putAll(InterchangeLedger.readAll(t));
            return missing(all).isEmpty();
        });
        for (var e : ACKED.entrySet()) {
            MessageExt m = all.get(e.getKey());
            // Apache appends the properties of the batch to those of each message, UNIQ_KEY included, and the last one counts:
            // there a message of a batch has lost the id it was acknowledged by.
            String id = e.getKey().startsWith(EVENTS) ? e.getValue().split(" ")[0] : m.getMsgId();
            String got = identity(id, m.getBody());
            check(got.equals(e.getValue()), "at " + e.getKey() + " lies " + got + ", acknowledged was " + e.getValue());
        }
        InterchangeLedger.save(dir.resolve("messages.txt"), all);
        List<String> lines = new ArrayList<>();
        InterchangeLedger.tables(t).forEach((k, v) -> lines.add(k + "\t" + v));
        Files.write(dir.resolve("tables.txt"), lines);
        Files.deleteIfExists(dir.resolve("storm.txt"));
        // Longer than the interval at which offsets are written down (1 s in this test).
        Thread.sleep(2000);
        System.out.printf("written: round %d, %d messages acknowledged, %d in all%n", round, ACKED.size(), all.size());
    }

    private static List<String> missing(Map<String, MessageExt> all) {
        synchronized (ACKED) {
            return ACKED.keySet().stream().filter(k -> !all.containsKey(k)).limit(5).toList();
        }
    }

    private static String identity(String id, byte[] body) {
        return id + " body " + body.length + ":" + UtilAll.crc32(body);
    }

    private static void acked(SendResult r, Message... sent) {
        check(r.getSendStatus() == SendStatus.SEND_OK, "send status " + r.getSendStatus());
        String[] ids = r.getMsgId().split(",");
        MessageQueue q = r.getMessageQueue();
        for (int i = 0; i < ids.length; i++) {
            ACKED.put(place(q.getTopic(), q.getQueueId(), r.getQueueOffset() + i), identity(ids[i], sent[i].getBody()));
        }
    }

    private static void tables(Ctx t, int round) throws Exception {
        TopicConfig c = new TopicConfig("ix_topic_" + round);
        c.setReadQueueNums(3 + round);
        c.setWriteQueueNums(2);
        c.setPerm(round % 2 == 0 ? 4 : 6);
        c.setOrder(round % 2 == 1);
        Env.admin.createAndUpdateTopicConfig(Env.broker, c);
        SubscriptionGroupConfig g = new SubscriptionGroupConfig();
        g.setGroupName("ix_group_" + round);
        g.setRetryQueueNums(1 + round);
        g.setRetryMaxTimes(3 + round);
        g.setConsumeBroadcastEnable(round % 2 == 0);
        g.setConsumeFromMinEnable(false);
        g.setConsumeMessageOrderly(round % 2 == 1);
        g.setConsumeTimeoutMinute(20 + round);
        Env.admin.createAndUpdateSubscriptionGroupConfig(Env.broker, g);
        SubscriptionGroupConfig known = new SubscriptionGroupConfig();
        known.setGroupName(OFFSET_GROUP);
        Env.admin.createAndUpdateSubscriptionGroupConfig(Env.broker, known);
        for (int id = 0; id < 4; id++) {
            Env.admin.updateConsumeOffset(Env.broker, OFFSET_GROUP, new MessageQueue(ORDERS, Env.brokerName, id), round * 5L + id);
        }
    }

    private static void orders(Ctx t, DefaultMQProducer p, int round) throws Exception {
        Random random = new Random(round);
        String[] tags = {"TagA", "TagB", "标签", "a-very-long-tag-name-that-overflows"};
        for (int i = 0; i < 240; i++) {
            byte[] body = new byte[i % 8 == 0 ? 3900 : 10 + random.nextInt(1500)];
            random.nextBytes(body);
            Message m = new Message(ORDERS, tags[i % 4], "order-" + round + "-" + i + (i % 10 == 0 ? " tenth-" + round : ""), body);
            m.setFlag(i % 5);
            m.putUserProperty("n", "" + i);
            acked(p.send(m, SendCases.BY_NUMBER, i % 4), m);
        }
        sendOne(p, new Message(ORDERS, "zip", "packed-" + round, "0123456789".repeat(20_000).getBytes()));
        Message u = msg(ORDERS, "täg", "schlüssel-" + round, "Grüße 世界 \uD83D\uDE80");
        u.putUserProperty("naïve", "élan \uD83C\uDF0D");
        sendOne(p, u);
        sendOne(p, msg(ORDERS, "", "", "no tag, no key"));
    }

    private static void sendOne(DefaultMQProducer p, Message m) throws Exception {
        byte[] body = m.getBody(); // the client leaves the compressed one in the message
        acked(p.send(m), new Message(m.getTopic(), body));
    }

    private static void events(Ctx t, DefaultMQProducer p, int round) throws Exception {
        for (int i = 0; i < 12; i++) {
            List<Message> batch = new ArrayList<>();
            for (int k = 0; k < 10; k++) {
                batch.add(msg(EVENTS, "b" + k % 3, "event-" + round + "-" + i + "-" + k, "event " + i + "." + k + " " + "x".repeat(200 * (i % 4))));
            }
            acked(p.send(batch), batch.toArray(new Message[0]));
        }
    }

    private static void wide(DefaultMQProducer p, int round) throws Exception {
        int count = 320;
        CountDownLatch open = new CountDownLatch(count);
        List<Throwable> errors = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < count; i++) {
            Message m = msg(WIDE, "w", "wide-" + round + "-" + i, "wide " + i + " " + "y".repeat(i));
            p.send(m, new SendCallback() {
                @Override
                public void onSuccess(SendResult r) {
                    acked(r, m);
                    open.countDown();
                }

                @Override
                public void onException(Throwable e) {
                    errors.add(e);
                    open.countDown();
                }
            });
        }
        open.await();
        check(errors.isEmpty(), "async sends failed: " + errors);
    }

    private static void delayed(Ctx t, DefaultMQProducer p, int round) throws Exception {
        for (int i = 0; i < 10; i++) {
            Message m = msg(LATE, "soon", "soon-" + round + "-" + i, "soon " + i);
            m.setDelayTimeLevel(1);
            check(p.send(m).getSendStatus() == SendStatus.SEND_OK, "a delayed message is not stored");
        }
        Message never = msg(LATE, "never", "never-" + round, "not due within two hours");
        never.setDelayTimeLevel(18);
        p.send(never);
    }

    private static boolean dueDelivered(Ctx t, int round) throws Exception {
        Map<String, MessageExt> late = new TreeMap<>();
        InterchangeLedger.readTopic(t, LATE, late);
        return late.values().stream().filter(m -> m.getKeys().startsWith("soon-" + round + "-")).count() == 10;
    }

    /** Messages refused once, and messages refused for good. */
    private static void retried(Ctx t, DefaultMQProducer p, int round) throws Exception {
        AtomicInteger again = new AtomicInteger();
        AtomicInteger dead = new AtomicInteger();
        var c = t.push(RETRY_GROUP);
        c.subscribe(RETRIED, "*");
        c.registerMessageListener((MessageListenerConcurrently) (msgs, context) -> {
            if (msgs.get(0).getReconsumeTimes() > 0) {
                again.incrementAndGet();
                return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            }
            return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        });
        c.start();
        var d = t.push(DEAD_GROUP);
        d.setMaxReconsumeTimes(0);
        d.subscribe(RETRIED, "*");
        d.registerMessageListener((MessageListenerConcurrently) (msgs, context) -> {
            dead.incrementAndGet();
            return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        });
        d.start();
        for (int i = 0; i < 5; i++) {
            sendOne(p, msg(RETRIED, "r", "retry-" + round + "-" + i, "refuse me once " + i));
        }
        await(40, () -> again + " of 5 messages came again, " + dead + " of 5 died", () -> again.get() >= 5 && dead.get() >= 5);
        Env.waitRoute("%DLQ%" + DEAD_GROUP);
        t.readAll("%DLQ%" + DEAD_GROUP, 5 * round);
        c.shutdown();
        d.shutdown();
        // After everything slow, so that they are still waiting when the store changes hands.
        for (int i = 0; i < 10; i++) {
            Message m = msg(LATE, "later", "later-" + round + "-" + i, "later " + i);
            m.setDelayTimeLevel(4);
            SendResult r = p.send(m);
            check(r.getSendStatus() == SendStatus.SEND_OK && DELAYS_MS[4] > 0, "a delayed message is not stored");
        }
    }

    /** Sends from four threads until the broker no longer answers. */
    static void storm(Ctx t, Path dir, int round) throws Exception {
        DefaultMQProducer p = t.producer();
        p.setRetryTimesWhenSendFailed(0);
        p.setSendMsgTimeout(3000);
        AtomicInteger number = new AtomicInteger();
        AtomicInteger acked = new AtomicInteger();
        long end = System.nanoTime() + 30_000_000_000L;
        List<Thread> threads = new ArrayList<>();
        try (BufferedWriter notes = Files.newBufferedWriter(dir.resolve("storm.txt"), StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
            for (int n = 0; n < 4; n++) {
                int queue = n;
                threads.add(new Thread(() -> {
                    while (System.nanoTime() < end) {
                        int i = number.incrementAndGet();
                        try {
                            SendResult r = p.send(msg(STORM, "s" + i % 3, "storm-" + round + "-" + i, "storm " + i + " " + "z".repeat(i % 2000)),
                                    SendCases.BY_NUMBER, queue);
                            if (r.getSendStatus() != SendStatus.SEND_OK) {
                                continue;
                            }
                            synchronized (notes) {
                                notes.write(place(STORM, r.getMessageQueue().getQueueId(), r.getQueueOffset()) + "\t" + r.getMsgId() + "\n");
                                notes.flush();
                            }
                            acked.incrementAndGet();
                            Files.writeString(dir.resolve("storm.count"), acked.toString());
                            if (i % 4 == 0) {
                                Thread.sleep(3); // the look-ups of the next broker take time, too
                            }
                        } catch (Exception e) {
                            return; // the broker was killed
                        }
                    }
                }));
            }
            for (Thread x : threads) {
                x.start();
            }
            for (Thread x : threads) {
                x.join();
            }
        }
        check(acked.get() > 0, "nothing was acknowledged before the broker was killed");
        System.out.println("storm: " + acked + " acknowledged before the broker was killed");
    }

    private InterchangeWriter() { }
}
