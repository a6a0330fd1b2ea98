// expects: {"first":3256,"last":49590,"digest":-1816362116}
//
// Array sort with a comparator, over objects.
let state = 1;
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state;
}
const people = [];
for (let i = 0; i < 70000; i++) people.push({ id: i, age: random() % 90, name: 'n' + (random() % 5000) });
people.sort((a, b) => a.age - b.age || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id));
let digest = 0;
for (const person of people) digest = (Math.imul(digest, 31) + person.id) | 0;
return { first: people[0].id, last: people[people.length - 1].id, digest };
