// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.await;
import static gantry.interop.Ctx.check;
import static gantry.interop.Ctx.equal;
import static gantry.interop.Ctx.msg;
import static gantry.interop.Ctx.text;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.MessageExt;

final class ConsumeCases {
    static void register() {
        Main.add("retry_then_dlq", 60, ConsumeCases::retryThenDlq);
        Main.add("orderly_retry_then_dlq", 60, ConsumeCases::orderlyRetryThenDlq);
        Main.add("push_concurrent", 30, ConsumeCases::concurrent);
        Main.add("push_orderly", 30, ConsumeCases::orderly);
        Main.add("push_batch_listener", 30, ConsumeCases::batchListener);
        Main.add("push_tag_filter", 30, ConsumeCases::tagFilter);
        Main.add("push_broadcasting", 40, ConsumeCases::broadcasting);
        Main.add("push_two_groups", 30, ConsumeCases::twoGroups);
        Main.add("push_long_poll_is_prompt", 40, ConsumeCases::prompt);
    }

    /** The package of MessageModel differs between 4.9 and 5.x. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    static void broadcast(DefaultMQPushConsumer c) throws Exception {
        for (Method m : DefaultMQPushConsumer.class.getMethods()) {
            if (m.getName().equals("setMessageModel")) {
                m.invoke(c, Enum.valueOf((Class<? extends Enum>) m.getParameterTypes()[0], "BROADCASTING"));
            }
        }
    }

    static List<String> sendMany(Ctx t, DefaultMQProducer p, String topic, String prefix, int n) throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            t.send(p, msg(topic, "T" + i % 3, "key-" + prefix + i, prefix + i));
            ids.add(prefix + i);
        }
        return ids;
    }

    static void concurrent(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        List<String> want = sendMany(t, p, topic, "early", 40);
        Inbox in = new Inbox();
        var c = t.push(t.group());
        c.subscribe(topic, "*");
        c.registerMessageListener(in.concurrently());
        c.start();
        want.addAll(sendMany(t, p, topic, "late", 160));
        in.expectOnce(want, 20);
        for (MessageExt m : in.all()) {
            equal(topic, m.getTopic(), "topic");
            equal("key-" + text(m), m.getKeys(), "key");
            check(m.getTags().matches("T[012]"), "tag " + m.getTags());
            equal(0, m.getReconsumeTimes(), "reconsume times");
            equal(Env.brokerName, m.getBrokerName(), "broker name");
            check(Long.parseLong(m.getProperty("MAX_OFFSET")) > m.getQueueOffset(), "MAX_OFFSET " + m.getProperty("MAX_OFFSET"));
        }
    }

    static void orderly(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        List<String> want = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            String id = i % 4 + "/" + i / 4;
            t.sent(p.send(msg(topic, "O", "", id), SendCases.BY_NUMBER, i % 4));
            want.add(id);
        }
        Inbox in = new Inbox();
        AtomicBoolean refused = new AtomicBoolean();
        var c = t.push(t.group());
        c.subscribe(topic, "*");
        c.registerMessageListener((MessageListenerOrderly) (msgs, context) -> {
            // Refuse one message once: its queue must wait and not run ahead.
            if (text(msgs.get(0)).equals("1/50") && refused.compareAndSet(false, true)) {
                context.setSuspendCurrentQueueTimeMillis(500);
                return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
            }
            msgs.forEach(in::add);
            return ConsumeOrderlyStatus.SUCCESS;
        });
        c.start();
        in.expectOnce(want, 25);
        Map<Integer, Integer> next = new HashMap<>();
        for (MessageExt m : in.all()) {
            String[] s = text(m).split("/");
            equal(Integer.parseInt(s[0]), m.getQueueId(), "queue");
            equal(next.getOrDefault(m.getQueueId(), 0), Integer.parseInt(s[1]), "order in queue " + s[0]);
            next.put(m.getQueueId(), Integer.parseInt(s[1]) + 1);
        }
        check(refused.get(), "the refusal did not happen");
    }

    static void batchListener(Ctx t) throws Exception {
        String topic = t.topic(1);
        DefaultMQProducer p = t.producer();
        List<String> want = sendMany(t, p, topic, "m", 60);
        Inbox in = new Inbox();
        List<Integer> sizes = new CopyOnWriteArrayList<>();
        var c = t.push(t.group());
        c.setConsumeMessageBatchMaxSize(10);
        c.subscribe(topic, "*");
        c.registerMessageListener((MessageListenerConcurrently) (msgs, context) -> {
            sizes.add(msgs.size());
            msgs.forEach(in::add);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        in.expectOnce(want, 20);
        check(sizes.stream().anyMatch(s -> s > 1), "no pull gave more than one message: " + sizes);
    }

    static void tagFilter(Ctx t) throws Exception {
        String topic = t.topic(2);
        DefaultMQProducer p = t.producer();
        List<String> want = new ArrayList<>();
        // "Aa" and "BB" have the same hash code: the broker lets both pass, the client must sort them out.
        String[] tags = {"Aa", "BB", "TagC", "TagD"};
        for (int i = 0; i < 80; i++) {
            String tag = tags[i % 4];
            t.send(p, msg(topic, tag, "", tag + i));
            if (tag.equals("Aa") || tag.equals("TagC")) {
                want.add(tag + i);
            }
        }
        t.send(p, new org.apache.rocketmq.common.message.Message(topic, "without tag".getBytes()));
        Inbox in = new Inbox();
        var c = t.push(t.group());
        c.subscribe(topic, "Aa || TagC");
        c.registerMessageListener(in.concurrently());
        c.start();
        in.expectOnce(want, 20);
    }

    static void broadcasting(Ctx t) throws Exception {
        String topic = t.topic(3);
        DefaultMQProducer p = t.producer();
        List<Inbox> in = List.of(new Inbox(), new Inbox());
        for (Inbox i : in) {
            var c = t.push(t.group());
            broadcast(c);
            c.subscribe(topic, "*");
            c.registerMessageListener(i.concurrently());
            c.start();
        }
        List<String> want = sendMany(t, p, topic, "b", 40);
        for (Inbox i : in) {
            try {
                i.expectOnce(want, 25);
            } catch (AssertionError e) {
                throw new AssertionError("consumer " + in.indexOf(i) + ": " + e.getMessage());
            }
        }
    }

    static void twoGroups(Ctx t) throws Exception {
        String topic = t.topic(2);
        DefaultMQProducer p = t.producer();
        List<String> want = sendMany(t, p, topic, "g", 30);
        List<Inbox> in = new ArrayList<>();
        for (String g : List.of("_1", "_2")) {
            Inbox i = new Inbox();
            in.add(i);
            var c = t.push(t.group(g));
            c.subscribe(topic, "*");
            c.registerMessageListener(i.concurrently());
            c.start();
        }
        for (Inbox i : in) {
            i.expectOnce(want, 20);
        }
    }

    /** A held pull must be answered when a message comes, not when its time is over. */
    static void prompt(Ctx t) throws Exception {
        String topic = t.topic(1);
        DefaultMQProducer p = t.producer();
        Inbox in = new Inbox();
        var c = t.push(t.group());
        c.subscribe(topic, "*");
        c.registerMessageListener(in.concurrently());
        c.start();
        t.send(p, msg(topic, "", "", "warm"));
        in.expect(List.of("warm"), 20);
        long worst = 0;
        for (int i = 0; i < 5; i++) {
            Thread.sleep(1300);
            long at = System.currentTimeMillis();
            t.send(p, msg(topic, "", "", "p" + i));
            String id = "p" + i;
            await(20, () -> id + " did not come", () -> in.arrived(id) > 0);
            worst = Math.max(worst, in.arrived(id) - at);
        }
        t.note("worst " + worst + " ms");
        check(worst < 1000, "a message reached the waiting consumer only after " + worst + " ms");
    }

    static void retryThenDlq(Ctx t) throws Exception {
        String topic = t.topic(2);
        String group = t.group();
        DefaultMQProducer p = t.producer();
        List<Integer> seen = new CopyOnWriteArrayList<>();
        List<MessageExt> got = new CopyOnWriteArrayList<>();
        Inbox good = new Inbox();
        var c = t.push(group);
        c.setMaxReconsumeTimes(2);
        c.subscribe(topic, "*");
        c.registerMessageListener((MessageListenerConcurrently) (msgs, context) -> {
            MessageExt m = msgs.get(0);
            if (text(m).equals("bad")) {
                seen.add(m.getReconsumeTimes());
                got.add(m);
                context.setDelayLevelWhenNextConsume(1);
                return ConsumeConcurrentlyStatus.RECONSUME_LATER;
            }
            good.add(m);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        var m = msg(topic, "R", "retry-key", "bad");
        m.putUserProperty("mine", "kept");
        SendResult r = t.send(p, m);
        t.send(p, msg(topic, "R", "", "good"));
        good.expect(List.of("good"), 20);
        String dlq = "%DLQ%" + group;
        await(40, () -> "nothing in " + dlq + "; the listener saw retry counts " + seen, () -> {
            try {
                return !t.readAll(dlq).isEmpty();
            } catch (org.apache.rocketmq.client.exception.MQClientException e) {
                return false; // no route yet
            }
        });
        equal(List.of(0, 1, 2), seen, "retry counts seen by the listener");
        for (MessageExt g : got) {
            equal(topic, g.getTopic(), "topic seen by the listener");
            equal(r.getMsgId(), g.getMsgId(), "unique id at retry " + g.getReconsumeTimes());
            equal("kept", g.getUserProperty("mine"), "user property at retry " + g.getReconsumeTimes());
        }
        List<MessageExt> dead = t.readAll(dlq);
        equal(1, dead.size(), "messages in the DLQ");
        MessageExt d = dead.get(0);
        equal("bad", text(d), "body in the DLQ");
        equal(dlq, d.getTopic(), "topic in the DLQ");
        equal("retry-key", d.getKeys(), "key in the DLQ");
        equal("R", d.getTags(), "tag in the DLQ");
        equal("kept", d.getUserProperty("mine"), "user property in the DLQ");
        equal(topic, d.getProperty("RETRY_TOPIC"), "RETRY_TOPIC in the DLQ");
        equal(r.getOffsetMsgId(), d.getProperty("ORIGIN_MESSAGE_ID"), "ORIGIN_MESSAGE_ID in the DLQ");
        equal(r.getMsgId(), d.getMsgId(), "unique id in the DLQ");
        equal(3, d.getReconsumeTimes(), "reconsume times in the DLQ");
        equal(0, d.getQueueId(), "queue in the DLQ");
        Thread.sleep(1500);
        equal(3, seen.size(), "deliveries after the DLQ");
    }

    /** Orderly consumers count locally and send to the DLQ through a normal send to the retry topic. */
    static void orderlyRetryThenDlq(Ctx t) throws Exception {
        String topic = t.topic(1);
        String group = t.group();
        DefaultMQProducer p = t.producer();
        List<Integer> seen = new CopyOnWriteArrayList<>();
        Inbox good = new Inbox();
        var c = t.push(group);
        c.setMaxReconsumeTimes(2);
        c.setSuspendCurrentQueueTimeMillis(100);
        c.subscribe(topic, "*");
        c.registerMessageListener((MessageListenerOrderly) (msgs, context) -> {
            MessageExt m = msgs.get(0);
            if (text(m).equals("bad")) {
                seen.add(m.getReconsumeTimes());
                return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
            }
            good.add(m);
            return ConsumeOrderlyStatus.SUCCESS;
        });
        c.start();
        t.send(p, msg(topic, "R", "ok", "bad"));
        t.send(p, msg(topic, "R", "", "behind"));
        good.expectOnce(List.of("behind"), 30);
        String dlq = "%DLQ%" + group;
        await(20, () -> "nothing in " + dlq + "; the listener saw retry counts " + seen, () -> {
            try {
                return !t.readAll(dlq).isEmpty();
            } catch (org.apache.rocketmq.client.exception.MQClientException e) {
                return false;
            }
        });
        equal(List.of(0, 1, 2), seen, "retry counts seen by the listener");
        MessageExt d = t.readAll(dlq).get(0);
        equal("bad", text(d), "body in the DLQ");
        equal(topic, d.getProperty("RETRY_TOPIC"), "RETRY_TOPIC in the DLQ");
    }

    private ConsumeCases() { }
}
