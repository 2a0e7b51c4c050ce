// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.await;
import static gantry.interop.Ctx.msg;
import static gantry.interop.Ctx.text;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.netty.NettyClientConfig;
import org.apache.rocketmq.remoting.netty.NettyRemotingClient;

/** Makes the exchanges and the store that golden/record keeps. Not part of the suite. */
public final class Golden {
    public static void main(String[] args) throws Exception {
        Env.open();
        Ctx t = new Ctx("golden");
        try {
            if (args[0].equals("wire")) {
                wire(t);
            } else {
                store(t, Path.of(args[1]));
            }
            t.close();
            Env.close();
        } catch (Throwable e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
        Runtime.getRuntime().halt(0);
    }

    static void wire(Ctx t) throws Exception {
        String topic = "golden_send";
        Env.createTopic(topic, 2);
        Env.createTopic("golden_retry", 1);
        try {
            Env.admin.examineTopicRouteInfo("golden_none");
        } catch (org.apache.rocketmq.client.exception.MQClientException e) {
            // wanted: code 17
        }
        DefaultMQProducer p = new DefaultMQProducer("golden_producer");
        t.setUp(p);
        p.setClientIP("127.0.0.1");
        p.start();
        t.onClose(p::shutdown);
        Message m = msg(topic, "TagA", "key-1", "hello");
        m.putUserProperty("colour", "blue");
        m.setFlag(5);
        SendResult first = p.send(m, SendCases.BY_NUMBER, 0);
        p.send(new Message(topic, "TagB", "key-2 key-3", "repeat ".repeat(1000).getBytes(StandardCharsets.UTF_8)), SendCases.BY_NUMBER, 0);
        MessageQueue q1 = new MessageQueue(topic, Env.brokerName, 1);
        p.send(List.of(msg(topic, "TagC", "b-1", "batch one"), msg(topic, "TagC", "b-2", "batch two"), msg(topic, "TagD", "", "batch three")), q1);
        t.readAll(topic, 5);

        DefaultMQPullConsumer r = new DefaultMQPullConsumer("golden_pull");
        t.setUp(r);
        r.setClientIP("127.0.0.1");
        r.start();
        t.onClose(r::shutdown);
        r.maxOffset(q1);
        r.minOffset(q1);
        r.searchOffset(q1, 0);
        r.pull(q1, "*", 0, 32);
        r.pull(q1, "*", 3, 32);
        r.pull(q1, "*", 100, 32);
        r.pull(q1, "Nothing", 0, 32);
        r.updateConsumeOffset(q1, 2);
        r.getDefaultMQPullConsumerImpl().getOffsetStore().persist(q1);
        await(10, () -> "offset", () -> r.fetchConsumeOffset(q1, true) == 2);
        await(10, () -> "key", () -> {
            try {
                return p.queryMessage(topic, "key-1", 8, 0, System.currentTimeMillis() + 10_000).getMessageList().size() == 1;
            } catch (org.apache.rocketmq.client.exception.MQClientException e) {
                return false;
            }
        });
        p.viewMessage(topic, first.getMsgId());
        p.viewMessage(topic, first.getOffsetMsgId());

        // A listener that refuses once; a second member; an orderly group.
        boolean[] refused = {false};
        Inbox in = new Inbox();
        var c = push(t, "golden_retry_group", "golden_retry", (msgs, context) -> {
            if (!refused[0]) {
                refused[0] = true;
                context.setDelayLevelWhenNextConsume(1);
                return ConsumeConcurrentlyStatus.RECONSUME_LATER;
            }
            msgs.forEach(in::add);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        p.send(msg("golden_retry", "TagR", "retry-key", "refuse me once"));
        await(30, () -> "retry", () -> in.size() == 1);
        var d = push(t, "golden_retry_group", "golden_retry", in.concurrently());
        Thread.sleep(2000);
        d.shutdown();
        c.shutdown();
        Inbox ordered = new Inbox();
        var o = t.push("golden_order_group");
        o.setClientIP("127.0.0.1");
        o.subscribe(topic, "*");
        o.registerMessageListener(ordered.orderly());
        o.start();
        await(30, () -> "orderly", () -> ordered.size() == 5);
        o.shutdown();

        NettyRemotingClient raw = new NettyRemotingClient(new NettyClientConfig());
        raw.start();
        RawCases.call(raw, Env.broker, 29_999, Map.of(), null);
        RawCases.call(raw, Env.broker, 310, RawCases.sendFields(t, "not a topic", "0"), new byte[] {1});
        RawCases.call(raw, Env.broker, 14, Map.of("consumerGroup", "golden_none", "topic", topic, "queueId", "0", "setZeroIfNotFound", "false"), null);
        raw.shutdown();
    }

    private static org.apache.rocketmq.client.consumer.DefaultMQPushConsumer push(Ctx t, String group, String topic,
            MessageListenerConcurrently l) throws Exception {
        var c = t.push(group);
        c.setClientIP("127.0.0.1");
        c.subscribe(topic, "TagR || TagS");
        c.registerMessageListener(l);
        c.start();
        return c;
    }

    static void store(Ctx t, Path listing) throws Exception {
        Env.createTopic("orders", 2);
        Env.createTopic("events", 1);
        DefaultMQProducer p = t.producer();
        String[] tags = {"TagA", "TagB", "标签"};
        // More than 100 entries per queue, more than one file of 64 KiB of log, more than 400 index entries.
        for (int i = 0; i < 240; i++) {
            Message m = msg("orders", tags[i % 3], "order-" + i + (i % 10 == 0 ? " tenth" : ""), "order body " + i + " " + "abcdefgh".repeat(3 + i % 5));
            m.setFlag(i % 4);
            m.putUserProperty("n", "" + i);
            t.sent(p.send(m, SendCases.BY_NUMBER, i % 2));
        }
        t.send(p, new Message("events", "zip", "packed", "0123456789".repeat(1000).getBytes(StandardCharsets.UTF_8)));
        t.send(p, msg("events", "", "", "no tag, no key"));
        Message u = msg("events", "täg", "schlüssel", "Grüße 世界 \uD83D\uDE80");
        u.putUserProperty("naïve", "élan \uD83C\uDF0D");
        t.send(p, u);
        t.sent(p.send(List.of(msg("events", "b", "batch-1", "batch one"), msg("events", "b", "batch-2", "batch two"))));
        Message delayed = msg("events", "late", "late", "after one second");
        delayed.setDelayTimeLevel(1);
        t.send(p, delayed);
        Message pending = msg("events", "late", "pending", "not due within two hours");
        pending.setDelayTimeLevel(18);
        t.send(p, pending);
        t.readAll("events", 6);
        Inbox in = new Inbox();
        var c = t.push("reader_group");
        c.subscribe("orders", "*");
        c.setMaxReconsumeTimes(0);
        c.registerMessageListener((MessageListenerConcurrently) (msgs, context) -> {
            msgs.forEach(in::add);
            return text(msgs.get(0)).startsWith("order body 7 ") ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        await(30, () -> "consumer", () -> in.distinct() == 240);
        Env.waitRoute("%DLQ%reader_group");
        Thread.sleep(500);
        c.shutdown();
        t.readAll("%DLQ%reader_group", 1);
        Thread.sleep(2500);
        List<MessageExt> all = new ArrayList<>();
        for (String topic : List.of("orders", "events", "%DLQ%reader_group", "SCHEDULE_TOPIC_XXXX")) {
            all.addAll(t.readAll(topic));
        }
        StringBuilder b = new StringBuilder("{\"client\":\"5.3.3\",\"broker\":\"5.3.3\",\"storeHost\":\"" + Env.broker
                + "\",\"mappedFileSizeCommitLog\":65536,\"mappedFileSizeConsumeQueue\":2000,\"maxHashSlotNum\":100,\"maxIndexNum\":400"
                + ",\"offsets\":{\"orders@reader_group\":{\"0\":120,\"1\":120}},\"messages\":[\n");
        for (int i = 0; i < all.size(); i++) {
            MessageExt m = all.get(i);
            b.append("{\"topic\":").append(json(m.getTopic())).append(",\"queueId\":").append(m.getQueueId())
                    .append(",\"queueOffset\":").append(m.getQueueOffset()).append(",\"physicalOffset\":").append(m.getCommitLogOffset())
                    .append(",\"storeSize\":").append(m.getStoreSize()).append(",\"sysFlag\":").append(m.getSysFlag())
                    .append(",\"flag\":").append(m.getFlag()).append(",\"bodyCRC\":").append(m.getBodyCRC())
                    .append(",\"bornTimestamp\":").append(m.getBornTimestamp()).append(",\"storeTimestamp\":").append(m.getStoreTimestamp())
                    .append(",\"reconsumeTimes\":").append(m.getReconsumeTimes()).append(",\"uniqueKey\":").append(json(m.getProperty("UNIQ_KEY")))
                    .append(",\"keys\":").append(json(m.getKeys())).append(",\"tags\":").append(json(m.getTags()))
                    .append(",\"body\":").append(json(text(m))).append(i + 1 < all.size() ? "},\n" : "}\n");
        }
        Files.writeString(listing, b.append("]}\n"));
    }

    private static String json(String s) {
        return s == null ? "null" : '"' + s.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private Golden() { }
}
