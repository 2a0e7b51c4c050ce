// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.check;
import static gantry.interop.Ctx.equal;

import java.util.Map;

import org.apache.rocketmq.remoting.netty.NettyClientConfig;
import org.apache.rocketmq.remoting.netty.NettyRemotingClient;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

/** Requests the official clients would not let pass, sent with the official codec. */
final class RawCases {
    static void register() {
        Main.add("raw_error_answers", 30, RawCases::errors);
        Main.add("raw_send_refusals", 30, RawCases::refusals);
    }

    static RemotingCommand call(NettyRemotingClient c, String addr, int code, Map<String, String> ext, byte[] body) throws Exception {
        RemotingCommand q = RemotingCommand.createRequestCommand(code, null);
        q.setExtFields(new java.util.HashMap<>(ext));
        q.setBody(body);
        RemotingCommand a = c.invokeSync(addr, q, 5000);
        equal(q.getOpaque(), a.getOpaque(), "opaque of the answer to " + code);
        check(a.isResponseType(), "the answer to " + code + " is not marked as a response");
        return a;
    }

    private static NettyRemotingClient open(Ctx t) {
        t.thread = Thread.currentThread();
        NettyRemotingClient c = new NettyRemotingClient(new NettyClientConfig());
        c.start();
        t.onClose(c::shutdown);
        return c;
    }

    static void errors(Ctx t) throws Exception {
        NettyRemotingClient c = open(t);
        String ns = Env.NAMESRV;
        String none = t.topic("_none");
        RemotingCommand a = call(c, Env.broker, 29_999, Map.of(), null);
        equal(3, a.getCode(), "unknown code at the broker");
        check(a.getRemark() != null && a.getRemark().contains("29999"), "remark " + a.getRemark());
        a = call(c, ns, 29_999, Map.of(), null);
        equal(3, a.getCode(), "unknown code at the NameServer");
        a = call(c, ns, 105, Map.of("topic", none), null);
        equal(17, a.getCode(), "route of an unknown topic");
        check(a.getRemark() != null && a.getRemark().contains(none), "remark " + a.getRemark());
        a = call(c, Env.broker, 11, Map.ofEntries(Map.entry("consumerGroup", t.group()), Map.entry("topic", none), Map.entry("queueId", "0"),
                Map.entry("queueOffset", "0"), Map.entry("maxMsgNums", "32"), Map.entry("sysFlag", "4"), Map.entry("commitOffset", "0"),
                Map.entry("suspendTimeoutMillis", "0"), Map.entry("subscription", "*"), Map.entry("subVersion", "0"),
                Map.entry("expressionType", "TAG")), null);
        equal(17, a.getCode(), "pull from an unknown topic");
        a = call(c, Env.broker, 38, Map.of("consumerGroup", t.group("_none")), null);
        equal(1, a.getCode(), "members of an unknown group");
        String topic = t.topic(1);
        a = call(c, Env.broker, 14, Map.of("consumerGroup", t.group("_none"), "topic", topic, "queueId", "0", "setZeroIfNotFound", "false"), null);
        equal(22, a.getCode(), "offset never stored, setZeroIfNotFound=false");
        a = call(c, Env.broker, 14, Map.of("consumerGroup", t.group("_none"), "topic", topic, "queueId", "0"), null);
        equal(22, a.getCode(), "offset never stored, empty queue");
        equal(0, call(c, Env.broker, 310, sendFields(t, topic, "0"), new byte[] {1}).getCode(), "a send");
        // The queue is built a moment after the send.
        Ctx.await(5, () -> "offset never stored, young queue: the answer is not offset 0", () -> {
            RemotingCommand o = call(c, Env.broker, 14, Map.of("consumerGroup", t.group("_none"), "topic", topic, "queueId", "0"), null);
            return o.getCode() == 0 && "0".equals(o.getExtFields().get("offset"));
        });
        a = call(c, Env.broker, 203, Map.of("consumerGroup", t.group("_none")), null);
        equal(206, a.getCode(), "connections of a group that is not online");
        a = call(c, Env.broker, 33, Map.of("offset", "987654321987"), null);
        equal(1, a.getCode(), "message at an offset beyond the end");
        a = call(c, Env.broker, 30, Map.of("topic", none, "queueId", "0"), null);
        t.note("max offset of an unknown topic: code " + a.getCode() + " " + a.getExtFields());
    }

    static Map<String, String> sendFields(Ctx t, String topic, String queue) {
        return Map.ofEntries(Map.entry("a", "PID_raw_" + t.name), Map.entry("b", topic), Map.entry("c", "TBW102"), Map.entry("d", "4"),
                Map.entry("e", queue), Map.entry("f", "0"), Map.entry("g", "" + System.currentTimeMillis()), Map.entry("h", "0"),
                Map.entry("i", "TAGS\u0001x\u0002"), Map.entry("j", "0"), Map.entry("k", "false"), Map.entry("m", "false"));
    }

    static void refusals(Ctx t) throws Exception {
        NettyRemotingClient c = open(t);
        byte[] body = {1, 2, 3};
        for (String bad : new String[] {"bad topic", "a/b", "x".repeat(128)}) {
            RemotingCommand a = call(c, Env.broker, 310, sendFields(t, bad, "0"), body);
            equal(29, a.getCode(), "send to topic '" + bad + "'");
        }
        for (String system : new String[] {"SCHEDULE_TOPIC_XXXX", "RMQ_SYS_TRANS_HALF_TOPIC"}) {
            RemotingCommand a = call(c, Env.broker, 310, sendFields(t, system, "0"), body);
            equal(16, a.getCode(), "send to system topic '" + system + "'");
        }
        String topic = t.topic(2);
        RemotingCommand a = call(c, Env.broker, 310, sendFields(t, topic, "7"), body);
        equal(29, a.getCode(), "send to a queue that is not there");
        a = call(c, Env.broker, 310, sendFields(t, topic, "1"), body);
        equal(0, a.getCode(), "a right send");
        equal("1", a.getExtFields().get("queueId"), "queue of the answer");
        equal("0", a.getExtFields().get("queueOffset"), "queue offset of the answer");
        check(a.getExtFields().get("msgId").matches("[0-9A-F]{32}"), "id " + a.getExtFields().get("msgId"));
        a = call(c, Env.broker, 310, sendFields(t, topic, "-1"), body);
        equal(0, a.getCode(), "a send to queue -1 (the broker chooses)");
    }

    private RawCases() { }
}
