// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** One running case: unique names, clients that are closed at the end, checks. */
final class Ctx {
    private static final AtomicInteger INSTANCE = new AtomicInteger();

    interface Closing {
        void close() throws Exception;
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    final String name;
    final List<String> notes = new ArrayList<>();
    volatile Thread thread;
    private final List<Closing> closing = new ArrayList<>();
    private DefaultMQPullConsumer reader;

    Ctx(String name) {
        this.name = name;
    }

    void note(String s) {
        notes.add(s);
    }

    // ---- names

    String topic() {
        return topic("");
    }

    String topic(String suffix) {
        return "it_" + name + suffix + "_" + Env.RUN;
    }

    /** A new topic, known to the NameServer. */
    String topic(int queues) throws Exception {
        thread = Thread.currentThread();
        String t = topic();
        Env.createTopic(t, queues);
        return t;
    }

    String group() {
        return group("");
    }

    String group(String suffix) {
        return "GID_it_" + name + suffix + "_" + Env.RUN;
    }

    static String instance() {
        return "i" + INSTANCE.incrementAndGet() + "-" + Env.RUN;
    }

    // ---- clients

    DefaultMQProducer producer() throws Exception {
        thread = Thread.currentThread();
        DefaultMQProducer p = new DefaultMQProducer("PID_it_" + name + "_" + Env.RUN);
        setUp(p);
        p.setSendMsgTimeout(10_000);
        p.start();
        onClose(p::shutdown);
        return p;
    }

    /** Common settings; called before start() of every client. */
    void setUp(org.apache.rocketmq.client.ClientConfig c) {
        c.setNamesrvAddr(Env.NAMESRV);
        c.setInstanceName(instance());
        c.setPollNameServerInterval(1000);
        // A client may lose its first heartbeat to its own timer (they share a lock) and would
        // then be unknown to the broker for the 30 s of the default.
        c.setHeartbeatBrokerInterval(4000);
    }

    DefaultMQPushConsumer push(String group) {
        thread = Thread.currentThread();
        DefaultMQPushConsumer c = new DefaultMQPushConsumer(group);
        setUp(c);
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.setConsumeThreadMin(4);
        c.setConsumeThreadMax(4);
        c.setAwaitTerminationMillisWhenShutdown(2000);
        onClose(c::shutdown);
        return c;
    }

    DefaultLitePullConsumer lite(String group) {
        thread = Thread.currentThread();
        DefaultLitePullConsumer c = new DefaultLitePullConsumer(group);
        setUp(c);
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.setPullThreadNums(4);
        onClose(c::shutdown);
        return c;
    }

    DefaultMQPullConsumer reader() throws Exception {
        if (reader == null) {
            reader = new DefaultMQPullConsumer("GID_it_reader_" + name + "_" + Env.RUN);
            setUp(reader);
            reader.start();
            onClose(reader::shutdown);
        }
        return reader;
    }

    /** As below, once at least n messages are there: a broker may show them a moment after the send. */
    List<MessageExt> readAll(String topic, int n) throws Exception {
        List<MessageExt> all = readAll(topic);
        for (int i = 0; i < 50 && all.size() < n; i++) {
            Thread.sleep(100);
            all = readAll(topic);
        }
        equal(n, all.size(), "messages in the topic");
        return all;
    }

    /** Everything that lies in a topic, by plain pulls, sorted by queue and queue offset. */
    List<MessageExt> readAll(String topic) throws Exception {
        DefaultMQPullConsumer r = reader();
        List<MessageExt> all = new ArrayList<>();
        for (MessageQueue q : r.fetchSubscribeMessageQueues(topic)) {
            long at = r.minOffset(q);
            long end = r.maxOffset(q);
            while (at < end) {
                PullResult p = r.pull(q, "*", at, 32);
                if (p.getPullStatus() == PullStatus.FOUND) {
                    all.addAll(p.getMsgFoundList());
                }
                check(p.getNextBeginOffset() > at || p.getPullStatus() == PullStatus.NO_NEW_MSG,
                        "pull of " + q + " at " + at + " gave " + p);
                if (p.getNextBeginOffset() <= at) {
                    break;
                }
                at = p.getNextBeginOffset();
            }
        }
        all.sort(Comparator.comparingInt(MessageExt::getQueueId).thenComparingLong(MessageExt::getQueueOffset));
        return all;
    }

    void onClose(Closing c) {
        synchronized (closing) {
            closing.add(0, c);
        }
    }

    void close() {
        List<Closing> l;
        synchronized (closing) {
            l = new ArrayList<>(closing);
        }
        for (Closing c : l) {
            try {
                c.close();
            } catch (Throwable e) {
                note("shutdown: " + e);
            }
        }
    }

    // ---- messages

    static Message msg(String topic, String tag, String key, String body) {
        return new Message(topic, tag, key, body.getBytes(StandardCharsets.UTF_8));
    }

    static String text(MessageExt m) {
        return new String(m.getBody(), StandardCharsets.UTF_8);
    }

    SendResult send(DefaultMQProducer p, Message m) throws Exception {
        return sent(p.send(m));
    }

    SendResult sent(SendResult r) {
        check(r != null, "no send result");
        equal(SendStatus.SEND_OK, r.getSendStatus(), "send status");
        return r;
    }

    // ---- checks

    static void check(boolean ok, String text) {
        if (!ok) {
            throw new AssertionError(text);
        }
    }

    static void equal(Object expected, Object actual, String what) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError(what + ": expected <" + expected + ">, got <" + actual + ">");
        }
    }

    static Error fail(String text) {
        throw new AssertionError(text);
    }

    /** Waits; the text is built only when the time is over. */
    static void await(int seconds, java.util.function.Supplier<String> text, Condition c) throws Exception {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (!c.holds()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("after " + seconds + " s: " + text.get());
            }
            Thread.sleep(20);
        }
    }
}
