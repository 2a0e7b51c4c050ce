// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.await;
import static gantry.interop.Ctx.check;
import static gantry.interop.Ctx.equal;
import static gantry.interop.Ctx.msg;
import static gantry.interop.Ctx.text;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.RequestTimeoutException;
import org.apache.rocketmq.client.impl.factory.MQClientInstance;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.remoting.netty.NettyRequestProcessor;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

/** Not run by default: --later, or by name. */
final class LaterCases {
    static void register() {
        Main.later("transaction", 40, LaterCases::transaction);
        Main.later("transaction_check", 120, LaterCases::transactionCheck);
        Main.later("request_reply", 40, LaterCases::requestReply);
        Main.later("sql92_filter", 40, LaterCases::sql92);
    }

    private static TransactionMQProducer transactional(Ctx t, LocalTransactionState atCheck, AtomicInteger checks) throws Exception {
        TransactionMQProducer p = new TransactionMQProducer("PID_it_" + t.name + "_" + Env.RUN);
        t.setUp(p);
        p.setSendMsgTimeout(10_000);
        p.setTransactionListener(new TransactionListener() {
            @Override
            public LocalTransactionState executeLocalTransaction(Message m, Object arg) {
                return (LocalTransactionState) arg;
            }

            @Override
            public LocalTransactionState checkLocalTransaction(MessageExt m) {
                checks.incrementAndGet();
                return atCheck;
            }
        });
        p.start();
        t.onClose(p::shutdown);
        return p;
    }

    static void transaction(Ctx t) throws Exception {
        String topic = t.topic(2);
        Inbox in = new Inbox();
        var c = t.push(t.group());
        c.subscribe(topic, "*");
        c.registerMessageListener(in.concurrently());
        c.start();
        TransactionMQProducer p = transactional(t, LocalTransactionState.UNKNOW, new AtomicInteger());
        List<String> want = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            LocalTransactionState s = i % 2 == 0 ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
            t.sent(p.sendMessageInTransaction(msg(topic, "X", "tk" + i, "t" + i), s));
            if (i % 2 == 0) {
                want.add("t" + i);
            }
        }
        in.expectOnce(want, 20);
        for (MessageExt m : in.all()) {
            equal(topic, m.getTopic(), "topic");
            equal("tk" + text(m).substring(1), m.getKeys(), "key");
        }
    }

    static void transactionCheck(Ctx t) throws Exception {
        String topic = t.topic(1);
        Inbox in = new Inbox();
        var c = t.push(t.group());
        c.subscribe(topic, "*");
        c.registerMessageListener(in.concurrently());
        c.start();
        AtomicInteger checks = new AtomicInteger();
        TransactionMQProducer p = transactional(t, LocalTransactionState.COMMIT_MESSAGE, checks);
        t.sent(p.sendMessageInTransaction(msg(topic, "X", "", "undecided"), LocalTransactionState.UNKNOW));
        in.expectOnce(List.of("undecided"), 100);
        check(checks.get() >= 1, "the producer was not asked");
    }

    static void requestReply(Ctx t) throws Exception {
        String topic = t.topic(1);
        DefaultMQProducer p = t.producer();
        var c = t.push(t.group());
        c.subscribe(topic, "*");
        c.registerMessageListener((MessageListenerConcurrently) (msgs, context) -> {
            try {
                for (MessageExt m : msgs) {
                    p.send(MessageUtil.createReplyMessage(m, ("re:" + text(m)).getBytes()));
                }
                return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            } catch (Exception e) {
                return ConsumeConcurrentlyStatus.RECONSUME_LATER;
            }
        });
        c.start();
        DefaultMQProducer asker = t.producer();
        // The 5.3.3 client gives up waiting as soon as its question is sent, so the reply is
        // watched where it comes in: as a request of the broker with code 326.
        List<String> replies = new CopyOnWriteArrayList<>();
        NettyRequestProcessor hook = new NettyRequestProcessor() {
            @Override
            public RemotingCommand processRequest(io.netty.channel.ChannelHandlerContext ctx, RemotingCommand q) {
                replies.add(q.getExtFields().get("topic") + " " + new String(q.getBody()));
                return RemotingCommand.createResponseCommand(0, null);
            }

            @Override
            public boolean rejectRequest() {
                return false;
            }
        };
        MQClientInstance client = null;
        for (Method m : asker.getDefaultMQProducerImpl().getClass().getMethods()) {
            if (m.getReturnType() == MQClientInstance.class && m.getParameterCount() == 0) {
                client = (MQClientInstance) m.invoke(asker.getDefaultMQProducerImpl());
            }
        }
        client.getMQClientAPIImpl().getRemotingClient().registerProcessor(326, hook, null);
        try {
            asker.request(msg(topic, "", "", "question"), 3000);
        } catch (RequestTimeoutException e) {
            // see above
        }
        await(20, () -> "no reply came", () -> !replies.isEmpty());
        check(replies.get(0).endsWith(" re:question"), "reply " + replies);
        t.note("reply by way of " + replies.get(0).split(" ")[0]);
    }

    static void sql92(Ctx t) throws Exception {
        String topic = t.topic(2);
        DefaultMQProducer p = t.producer();
        List<String> want = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            Message m = msg(topic, "S", "", "s" + i);
            m.putUserProperty("n", "" + i);
            m.putUserProperty("colour", i % 2 == 0 ? "red" : "blue");
            t.send(p, m);
            if (i > 10 && i % 2 == 0) {
                want.add("s" + i);
            }
        }
        Inbox in = new Inbox();
        var c = t.push(t.group());
        c.subscribe(topic, MessageSelector.bySql("n > 10 AND colour = 'red'"));
        c.registerMessageListener(in.concurrently());
        c.start();
        in.expectOnce(want, 20);
        await(1, () -> "", () -> true);
    }

    private LaterCases() { }
}
