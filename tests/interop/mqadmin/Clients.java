// SPDX-License-Identifier: GPL-3.0-or-later
import java.nio.charset.StandardCharsets;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;

/** A producer and a push consumer that stay, so that mqadmin finds somebody. Ends when standard input does. */
public class Clients {
    public static void main(String[] args) throws Exception {
        String nameServer = args[0];
        DefaultMQProducer producer = new DefaultMQProducer("LiveProducers");
        producer.setNamesrvAddr(nameServer);
        producer.start();
        java.util.concurrent.CountDownLatch seen = new java.util.concurrent.CountDownLatch(20);
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("LiveConsumers");
        consumer.setNamesrvAddr(nameServer);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe("LiveTopic", "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            messages.forEach(message -> seen.countDown());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        for (int i = 0; i < 20; i++) {
            producer.send(new Message("LiveTopic", "tag", "key" + i, ("body " + i).getBytes(StandardCharsets.UTF_8)));
        }
        consumer.start();
        if (!seen.await(60, java.util.concurrent.TimeUnit.SECONDS)) {
            System.out.println("failed: " + seen.getCount() + " messages were not consumed");
            System.exit(1);
        }
        // Offsets travel to the broker every five seconds.
        Thread.sleep(6000);
        System.out.println("ready " + consumer.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId());
        System.in.read();
        consumer.shutdown();
        producer.shutdown();
        System.exit(0);
    }
}
