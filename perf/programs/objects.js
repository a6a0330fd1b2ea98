// expects: {"steps":243861,"sums":[633754,564325,196165,556348,892135,551429,447683,259409,54422,821923,718926,570239,696278,365292,646010,329675],"handled":[15138,15165,15182,15165,15218,15074,15256,15088,15415,15378,14989,15416,15338,15442,15122,15475]}
//
// Object allocation, property access and method calls: a small scheduler of messages between workers.
class Message {
  constructor(value, hops) {
    this.value = value;
    this.hops = hops;
    this.next = null;
  }
}
class Queue {
  constructor() {
    this.head = null;
    this.tail = null;
    this.length = 0;
  }
  push(message) {
    if (this.tail) this.tail.next = message;
    else this.head = message;
    this.tail = message;
    this.length++;
  }
  shift() {
    const message = this.head;
    this.head = message.next;
    if (!this.head) this.tail = null;
    this.length--;
    message.next = null;
    return message;
  }
}
class Worker {
  constructor(name) {
    this.name = name;
    this.inbox = new Queue();
    this.handled = 0;
    this.sum = 0;
  }
  step(peers) {
    if (this.inbox.length === 0) return 0;
    const { value, hops } = this.inbox.shift();
    this.handled++;
    this.sum = (this.sum + value) % 1000003;
    if (hops > 0) this.forward(peers, value, hops);
    return 1;
  }
  forward(peers, value, hops) {
    peers[(value + this.name) % peers.length].inbox.push(new Message((value * 3 + hops) % 65521, hops - 1));
  }
}
class Doubler extends Worker {
  forward(peers, value, hops) {
    super.forward(peers, value, hops - 1);
    if (hops > 640) super.forward(peers, value + 1, hops >> 1);
  }
}
const workers = [];
for (let i = 0; i < 16; i++) workers.push(i % 4 === 0 ? new Doubler(i) : new Worker(i));
for (let i = 0; i < 64; i++) workers[i % 16].inbox.push(new Message(i * 977, 700));
let busy = true;
let steps = 0;
while (busy) {
  busy = false;
  for (const worker of workers) {
    const done = worker.step(workers);
    steps += done;
    if (done) busy = true;
  }
}
return { steps, sums: workers.map((worker) => worker.sum), handled: workers.map((worker) => worker.handled) };
