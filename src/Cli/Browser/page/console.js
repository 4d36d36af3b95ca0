'use strict';
// The console: four pages, each asks for its own part and shows what it got. A part that fails says so in one sentence.

const state = { about: {}, report: null, node: null, history: new Map(), top: null };
const pages = ['move', 'node', 'trace', 'top'];
const $ = (page, part) => document.querySelector(`#${page} [data-${part}]`);

async function ask(path, query) {
  const given = Object.entries(query || {}).filter(([, value]) => value);
  const url = 'api/' + path + (given.length ? '?' + new URLSearchParams(given) : '');
  let answer;
  try {
    answer = await fetch(url, { cache: 'no-store' });
  } catch {
    throw { error: 'kubectl nodedns console has ended: start it again, and open the address that it prints' };
  }
  const body = await answer.json().catch(() => ({ error: `${path}: ${answer.status}` }));
  if (body.error) throw body;
  return body;
}

function show(page, part, ...nodes) {
  const at = $(page, part);
  const focused = at.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  at.replaceChildren(...nodes.flat().filter(node => node !== null));
  // What had the keyboard's focus has it again.
  if (focused) at.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function troubles(page, list) {
  show(page, 'troubles', list.map(one => el('li', {}, one.error || one, one.remedy ? el('pre', {}, one.remedy) : null)));
}

function when(page, text) {
  const at = $(page, 'when');
  if (at.textContent !== text) at.textContent = text;
}

/** A next step: a command to copy, or a sentence. */
function step(text) {
  if (!text) return '';
  if (!/^(kubectl|helm|oc) /.test(text)) return el('span', { class: 'none' }, text);
  return el('div', { class: 'step' }, el('code', {}, text),
    el('button', { type: 'button', 'data-key': text, 'aria-label': 'Copy ' + text, onclick: () => copy(text) }, 'Copy'));
}

async function copy(text) {
  const said = document.getElementById('said');
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = 'Copied';
  } catch {
    said.textContent = 'The browser does not let this page copy: select the command instead';
  }
  clearTimeout(copy.timer);
  copy.timer = setTimeout(() => { said.textContent = ''; }, 5000);
}

function none(text) {
  return el('p', { class: 'none' }, text);
}

function card(number, words, tone) {
  return el('div', { class: 'card' }, el('b', { class: tone }, number), el('span', {}, words));
}

const clock = () => new Date().toLocaleTimeString('en-GB');

// The move

const skipped = row => Object.values(row.skipped).reduce((a, b) => a + b, 0);
const parts = row => [['good', row.onCache, 'on the cache'], ['back', row.returning, 'on the cache until recreated'],
  ['wait', row.pending, 'pending'], ['still', skipped(row), 'skipped']];
const reasons = row => Object.entries(row.skipped).map(([name, pods]) => `${pods} ${name}`).join(', ');

async function move() {
  let report;
  try {
    report = state.report = await ask('report');
  } catch (e) {
    troubles('move', [e]);
    when('move', clock() + ': could not be read');
    return;
  }
  troubles('move', [...report.unknown.map(part => 'unknown: ' + part), ...report.notes.map(note => 'note: ' + note)]);
  when('move', 'as of ' + clock());
  const sum = report.summary;
  show('move', 'summary', el('div', { class: 'panel' }, partsBar(parts(sum), 18),
    key([['good', `${count(sum.onCache)} on the cache`], ['wait', `${count(sum.pending)} pending`], ['still', `${count(skipped(sum))} skipped`],
      ...(sum.returning ? [['back', `${count(sum.returning)} on the cache until recreated`]] : []),
      ['none', `${count(sum.pods)} pods, ${sum.nodesReady} of ${sum.nodes} nodes serve`]])));
  show('move', 'namespaces', report.namespaces.length ? table('Namespaces',
    [['Namespace', 'name'], ['Share', 'plot'], ['Pods', 'n'], ['On cache', 'n'], ['Pending', 'n'], ['Skipped', 'n'], ['Next step', '']],
    report.namespaces.map(row => [row.name, partsBar(parts(row), 9), count(row.pods), count(row.onCache + row.returning), pending(row),
      count(skipped(row)), step(row.next)])) : none('There are no pods.'));
  blocks(report);
  const chosen = $('move', 'filters').namespace;
  const names = report.namespaces.map(row => row.name);
  if ([...chosen.options].slice(1).map(option => option.value).join() !== names.join()) {
    const value = chosen.value;
    chosen.replaceChildren(el('option', { value: '' }, 'all'), ...names.map(name => el('option', {}, name)));
    chosen.value = names.includes(value) ? value : '';
  }
  workloads();
}

const pending = row => row.pending ? el('b', { class: 'wait' }, count(row.pending)) : '0';

function blocks(report) {
  const rows = [
    ...report.policies.map(policy => el('li', { class: 'panel' },
      el('p', {}, el('b', {}, `NetworkPolicy ${policy.namespace}/${policy.name}`), ` keeps ${policy.pods} pod${policy.pods === 1 ? '' : 's'} from the cache. Let them through:`), step(policy.next))),
    ...report.nodes.map(node => el('li', { class: 'panel' },
      el('p', {}, el('b', {}, `Node ${node.name}`), `: its cache does not serve: ${node.problem}`), step('kubectl nodedns doctor --only nodes'))),
  ];
  show('move', 'blocks', rows.length ? el('ul', { class: 'blocks' }, rows) : none('Nothing: no NetworkPolicy and no node.'));
}

function workloads() {
  const { namespace, all } = $('move', 'filters');
  const rows = (state.report?.workloads || []).filter(row => !namespace.value || row.namespace === namespace.value);
  const shown = rows.filter(row => all.checked || row.next || row.blockedBy.length);
  const some = shown.slice(0, 500);
  show('move', 'workloads', some.length ? table('Workloads',
    [['Workload', 'name'], ['Pods', 'n'], ['On cache', 'n'], ['Pending', 'n'], ['Skipped', 'said-by'], ['Blocked by', 'said-by'], ['Next step', '']],
    some.map(row => [`${row.namespace}/${row.kind.toLowerCase()}/${row.name}`, count(row.pods), count(row.onCache + row.returning), pending(row),
      reasons(row), row.blockedBy.length ? el('span', { class: 'bad' }, row.blockedBy.join(', ')) : '', step(row.next)]))
    : none(rows.length ? 'Nothing to do: no workload has pods to move.' : 'There are no workloads.'),
    shown.length > some.length ? none(`and ${count(shown.length - some.length)} more: kubectl nodedns report -A has them all`) : null);
}

// Nodes

async function nodes() {
  let answer;
  try {
    answer = await ask('nodes');
  } catch (e) {
    troubles('node', [e]);
    when('node', clock() + ': could not be read');
    return;
  }
  troubles('node', answer.unknown.map(part => 'unknown: ' + part));
  when('node', 'as of ' + clock() + ', counts since each cache started');
  const now = performance.now() / 1000;
  for (const node of answer.nodes) if (node.cache) remember(node, now);
  state.nodes = answer.nodes;
  const caches = answer.nodes.filter(node => node.cache).map(node => node.cache);
  const sum = what => caches.reduce((all, cache) => all + what(cache), 0);
  const relaying = answer.nodes.filter(node => node.relaying).length;
  show('node', 'summary', el('div', { class: 'cards' },
    card(`${answer.ready} of ${answer.wanted}`, 'nodes serve', answer.ready < answer.wanted ? 'bad' : null),
    card(share(sum(cache => cache.hits), sum(cache => cache.queries)), 'from memory'),
    card(seconds(sum(cache => cache.latency.sum) / sum(cache => cache.latency.count)), 'mean latency'),
    card(count(sum(cache => cache.queries)), 'lookups'),
    card(count(sum(cache => cache.failures)), 'failures'),
    card(relaying, relaying === 1 ? 'node relays now' : 'nodes relay now', relaying ? 'bad' : null)));
  if (!answer.nodes.some(node => node.name === state.node)) state.node = (answer.nodes.find(node => node.cache) || answer.nodes[0])?.name;
  drawNodes();
}

function remember(node, now) {
  const past = state.history.get(node.name) || [];
  const last = past.at(-1);
  // A count that is lower than before was begun again.
  if (last && node.cache.queries < last.queries) past.length = 0;
  past.push({ at: now, queries: node.cache.queries, hits: node.cache.hits });
  if (past.length > 90) past.shift();
  state.history.set(node.name, past);
}

/** [lookups a second, share of hits] between each two readings. */
function rates(name) {
  const past = state.history.get(name) || [];
  return past.slice(1).map((reading, i) => {
    const asked = reading.queries - past[i].queries;
    return [asked / (reading.at - past[i].at), asked ? (reading.hits - past[i].hits) / asked : null];
  });
}

function drawNodes() {
  show('node', 'nodes', el('h3', {}, 'Every node'), state.nodes.length ? table('Nodes',
    [['Node', 'name'], ['State', ''], ['Lookups/s', 'n'], ['Lookups', 'n'], ['From memory', 'n'], ['Mean latency', 'n'], ['Failures', 'n'], ['Relayed', 'n']],
    state.nodes.map(node => {
      const row = [
        el('button', { type: 'button', class: 'link', 'data-key': 'node ' + node.name, 'aria-pressed': String(node.name === state.node),
          onclick: () => { state.node = node.name; drawNodes(); } }, node.name),
        node.problem ? el('span', { class: 'bad' }, node.problem) : node.relaying ? el('span', { class: 'bad' }, 'relays to cluster DNS')
          : node.cache ? el('span', { class: 'good' }, 'serves') : el('span', { class: 'wait' }, 'its cache shows no counts'),
        node.cache && rates(node.name).length ? round(rates(node.name).at(-1)[0]) : '–',
        ...(node.cache ? [count(node.cache.queries), share(node.cache.hits, node.cache.queries), seconds(node.cache.latency.sum / node.cache.latency.count),
          count(node.cache.failures)] : ['–', '–', '–', '–']),
        node.relayed === undefined ? '–' : count(node.relayed)];
      row.chosen = node.name === state.node;
      return row;
    })) : none('No cache could be read.'));
  detail(state.nodes.find(node => node.name === state.node));
}

function detail(node) {
  if (!node?.cache) {
    show('node', 'detail', node ? none(`${node.name}: its cache shows no counts${node.guard ? `; its guard says: ${node.guard}` : ''}.`) : null);
    return;
  }
  const cache = node.cache;
  const over = rates(node.name);
  const asked = over.map(rate => rate[0]);
  const hits = over.map(rate => rate[1]).filter(value => value !== null);
  const latest = asked.length ? round(asked.at(-1)) + ' lookups/s' : 'a moment, until it is read again';
  show('node', 'detail', el('h3', {}, node.name), el('div', { class: 'panels' },
    el('div', { class: 'panel' }, el('h3', {}, 'Lookups a second: ' + latest), line(asked, 0, 'lookups a second since this page was opened, now ' + latest)),
    el('div', { class: 'panel' }, el('h3', {}, `From memory: ${hits.length ? share(hits.at(-1), 1) + ' now, ' : ''}${share(cache.hits, cache.queries)} since it started`),
      line(hits, 1, 'share of lookups answered from memory since this page was opened')),
    el('div', { class: 'panel' }, el('h3', {}, 'Latency: mean ' + seconds(cache.latency.sum / cache.latency.count)), columns(buckets(cache.latency), '')),
    el('div', { class: 'panel' }, el('h3', {}, 'Memory and relays'), el('dl', { class: 'facts' },
      fact('answers held', count(cache.entries)), fact('memory', `${(cache.usedBytes / 1048576).toFixed(1)} of ${(cache.budgetBytes / 1048576).toFixed(0)} MiB`),
      fact('answered stale', count(cache.stale)), fact('NXDOMAIN', count(cache.nxdomain)), fact('failures', count(cache.failures)),
      fact('relayed lookups', count(node.relayed)), fact('relayed connections', count(node.relayedConnections)),
      fact('time relaying', seconds(node.relayingSeconds)), fact('guard', node.guard.split('\n')[0])))),
    el('h3', {}, 'Upstream servers of ' + node.name),
    cache.upstreams.length ? table('Upstream servers', [['Server', 'name'], ['Share', 'plot'], ['Asked', 'n'], ['Mean latency', 'n'], ['Health checks failed', 'n']],
      cache.upstreams.map(server => [el('span', { class: 'mono' }, server.to), partsBar([['good', server.count, 'asked of this one'],
        ['still', cache.upstreams.reduce((all, one) => all + one.count, 0) - server.count, 'of others']], 9),
        count(server.count), seconds(server.sum / server.count), server.checksFailed ? el('b', { class: 'bad' }, count(server.checksFailed)) : '0']))
      : none('No upstream server has been asked.'));
}

function fact(name, value) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, value));
}

/** Counts between each two bounds, from counts up to each. */
function buckets(latency) {
  const bounds = Object.entries(latency.upTo).map(([bound, upTo]) => [bound === '+Inf' ? Infinity : Number(bound), upTo]).sort((a, b) => a[0] - b[0]);
  let before = 0;
  const rows = bounds.map(([bound, upTo]) => {
    const row = [isFinite(bound) ? '≤' + (bound < 1 ? +(bound * 1e3).toPrecision(2) + 'ms' : +bound.toPrecision(2) + 's') : '+', upTo - before];
    before = upTo;
    return row;
  });
  const last = rows.findLastIndex(row => row[1] > 0);
  return rows.slice(0, Math.max(last + 1, 6));
}

// The trace

const LINES = 200;
const trace = { source: null, lines: [], seconds: [], pods: new Map(), names: new Map(), seen: 0, troubles: [], timer: 0 };
const kindOf = lookup => lookup.rcode === 'NXDOMAIN' ? 1 : lookup.rcode === 'SERVFAIL' || lookup.rcode === 'REFUSED' ? 2 : 0;

function filters() {
  return Object.fromEntries([...new FormData($('trace', 'filters'))].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
}

function start() {
  stop();
  Object.assign(trace, { lines: [], seconds: [], pods: new Map(), names: new Map(), seen: 0, troubles: [] });
  troubles('trace', []);
  const query = filters();
  when('trace', 'connecting to the nodes');
  buttons(true);
  const source = trace.source = new EventSource('api/trace?' + new URLSearchParams(query));
  source.addEventListener('reading', () => when('trace', 'reading'));
  source.addEventListener('trouble', event => trouble(event.data));
  source.addEventListener('lookup', event => {
    const lookup = JSON.parse(event.data);
    lookup.who = lookup.pod ? `${lookup.namespace}/${lookup.pod}` : lookup.client;
    trace.seen++;
    trace.lines.unshift(lookup);
    if (trace.lines.length > LINES) trace.lines.pop();
    const second = Math.floor(Date.now() / 1000);
    if (trace.seconds.at(-1)?.at !== second) trace.seconds.push({ at: second, counts: [0, 0, 0] });
    trace.seconds.at(-1).counts[kindOf(lookup)]++;
    tally(trace.pods, lookup.who, lookup);
    tally(trace.names, `${lookup.name || '-'} ${lookup.type || ''}`, lookup);
  });
  source.addEventListener('error', async () => {
    // The browser would connect again for ever: why it failed is asked once.
    stop();
    try {
      await ask('about');
      const answer = await fetch('api/trace?' + new URLSearchParams(query), { signal: AbortSignal.timeout(3000) });
      trouble(answer.ok ? 'the connection ended: start again' : (await answer.json()).error);
      answer.body?.cancel();
    } catch (e) {
      trouble(e.error || 'the connection ended: start again');
    }
  });
  const line = 'kubectl nodedns trace -f' + (query.namespace ? ` -n ${query.namespace}` : query.node ? '' : ' -A') + (query.node ? ` --node ${query.node}` : '') + (query.pod ? ` ${query.pod}` : '')
    + ['name', 'type', 'rcode', 'slower', 'from'].filter(name => query[name]).map(name => ` --${name} ${/^[\w.,-]+$/.test(query[name]) ? query[name] : `'${query[name].replaceAll("'", "'\\''")}'`}`).join('');
  show('trace', 'command', el('h3', {}, 'The same in a terminal'), step(line));
  draw();
  trace.timer = setInterval(draw, 500);
}

function trouble(sentence) {
  if (trace.troubles.includes(sentence)) return;
  trace.troubles.push(sentence);
  troubles('trace', trace.troubles);
}

function stop() {
  trace.source?.close();
  trace.source = null;
  clearInterval(trace.timer);
  buttons(false);
  if (trace.seen) draw();
  when('trace', trace.seen ? `stopped after ${count(trace.seen)} lookups` : 'not reading');
}

function buttons(isReading) {
  const [first, second] = $('trace', 'filters').querySelectorAll('button');
  first.textContent = isReading ? 'Start again' : 'Start';
  if (!isReading && document.activeElement === second) first.focus();
  second.disabled = !isReading;
}

function tally(map, name, lookup) {
  if (map.size >= 2000 && !map.has(name)) name = '(others)';
  const row = map.get(name) || { lookups: 0, nxdomain: 0, failures: 0 };
  row.lookups++;
  if (kindOf(lookup) === 1) row.nxdomain++;
  if (kindOf(lookup) === 2) row.failures++;
  map.set(name, row);
}

function draw() {
  const now = Math.floor(Date.now() / 1000);
  trace.seconds = trace.seconds.filter(second => second.at > now - 60);
  const by = new Map(trace.seconds.map(second => [second.at, second.counts]));
  const rows = Array.from({ length: 60 }, (_, i) => by.get(now - 59 + i) || [0, 0, 0]);
  const total = [0, 1, 2].map(part => rows.reduce((sum, row) => sum + row[part], 0));
  show('trace', 'plot', el('div', { class: 'panel' }, stacks(rows, ['good', 'wait', 'bad'], 'lookups of each second of the last minute'),
    key([['good', `${count(total[0])} answered`], ['wait', `${count(total[1])} NXDOMAIN`], ['bad', `${count(total[2])} failed`], ['none', 'in the last minute']])));
  show('trace', 'pods', counts('Lookups by pod', 'Pod', trace.pods));
  show('trace', 'names', counts('Lookups by name', 'Name', trace.names));
  const box = $('trace', 'lookups');
  // Whoever reads further down is not scrolled away.
  if ((box.querySelector('.lookups')?.scrollTop || 0) > 4) return;
  show('trace', 'lookups', trace.lines.length ? el('div', { class: 'lookups', tabindex: '0', role: 'region', 'aria-label': 'Lookups, the newest first', 'data-key': 'lookups' },
    table('Lookups', [['Time', ''], ['Pod', ''], ['Type', ''], ['Name', 'name'], ['Code', ''], ['From', ''], ['Took', 'n'], ['Node', '']],
      trace.lines.map(lookup => [(lookup.time || '').slice(11, 23), lookup.who, lookup.type || '-', lookup.name || '-',
        el('span', { class: ['', 'wait', 'bad'][kindOf(lookup)] }, lookup.rcode || '-'), lookup.from + (lookup.upstream ? ' ' + lookup.upstream : ''),
        lookup.ms === undefined ? '-' : lookup.ms + ' ms', lookup.node])))
    : none(trace.source ? 'No lookup has matched yet.' : 'Press Start to read the nodes. Nothing is kept while nobody reads.'));
}

function counts(caption, what, map) {
  const rows = [...map].sort((a, b) => b[1].lookups - a[1].lookups).slice(0, 8);
  return rows.length ? table(caption, [[what, 'name'], ['Lookups', 'n'], ['NXDOMAIN', 'n'], ['Failed', 'n']],
    rows.map(([name, row]) => [name, count(row.lookups), row.nxdomain ? el('b', { class: 'wait' }, count(row.nxdomain)) : '0', row.failures ? el('b', { class: 'bad' }, count(row.failures)) : '0']))
    : none('None yet.');
}

// Top talkers

async function talkers() {
  const node = $('top', 'filters').node.value;
  when('top', (state.top ? $('top', 'when').textContent.replace(/; counting.*/, '') + '; ' : '') + 'counting for 5 seconds');
  let answer;
  try {
    answer = await ask('top', { node: node });
  } catch (e) {
    troubles('top', [e]);
    when('top', clock() + ': could not be read');
    return;
  }
  if (node !== $('top', 'filters').node.value) return;
  state.top = answer;
  troubles('top', answer.unknown.map(part => 'unknown: ' + part));
  when('top', 'a second, over the 5 seconds before ' + clock());
  const chosen = $('top', 'filters').node;
  for (const name of new Set(answer.clients.map(client => client.node)))
    if (![...chosen.options].some(option => option.value === name)) chosen.append(el('option', {}, name));
  drawTop();
}

function drawTop() {
  if (!state.top) return;
  const by = $('top', 'filters').sort.value;
  const rows = [...state.top.clients].sort((a, b) => b[by] - a[by]).slice(0, 30);
  const most = Math.max(...rows.map(row => row.queries), 1e-9);
  show('top', 'clients', rows.length ? table('Top talkers',
    [['Pod', 'name'], ['Node', ''], ['Share', 'plot'], ['Queries/s', 'n'], ['Misses/s', 'n'], ['NXDOMAIN/s', 'n'], ['Failures/s', 'n'], ['Lookups', '']],
    rows.map(row => [row.pod, row.node, talk(row, most), row.queries.toFixed(1), row.misses.toFixed(1),
      row.nxdomain >= 0.05 ? el('b', { class: 'wait' }, row.nxdomain.toFixed(1)) : '0.0', row.failures >= 0.05 ? el('b', { class: 'bad' }, row.failures.toFixed(1)) : '0.0',
      row.pod.includes('/') ? el('button', { type: 'button', 'data-key': 'trace ' + row.pod, 'aria-label': 'Trace ' + row.pod, onclick: () => follow(row.pod) }, 'Trace') : '']))
    : none('Nobody has asked anything.'));
  const node = $('top', 'filters').node.value;
  show('top', 'command', el('h3', {}, 'The same in a terminal'),
    step('kubectl nodedns top' + (state.about.namespace ? ` -n ${state.about.namespace}` : '') + (node ? ` --node ${node}` : '') + (by === 'queries' ? '' : ` --sort ${by}`)));
}

function talk(row, most) {
  const bad = Math.min(row.nxdomain, row.queries), failed = Math.min(row.failures, row.queries - bad);
  const scale = 100 / most;
  return partsBar([['good', round2((row.queries - bad - failed) * scale), '% of the most that are answered'], ['wait', round2(bad * scale), '% NXDOMAIN'],
    ['bad', round2(failed * scale), '% failed'], ['none', round2(100 - row.queries * scale), '% less than the most']], 9);
}

const round2 = number => Math.max(Math.round(number * 100) / 100, 0);

function follow(pod) {
  const form = $('trace', 'filters');
  form.reset();
  [form.namespace.value, form.pod.value] = pod.split('/');
  location.hash = '#trace';
  start();
  form.querySelector('button').focus();
}

// The pages

// Each part's reader, and after how many seconds it reads again: of many nodes less often, so that in a second no more than
// ten connections to nodes are opened, three for a node's pages and two for what it counted between them.
const readers = {
  move: [move, () => 30],
  node: [nodes, () => Math.max(5, 0.3 * (state.nodes || []).filter(node => node.guard !== undefined).length)],
  top: [talkers, () => Math.max(1, 0.2 * new Set((state.top?.clients || []).map(client => client.node)).size)],
};
let turn = 0;

const looked = () => pages.includes(location.hash.slice(1)) ? location.hash.slice(1) : 'move';

function route() {
  const wanted = looked();
  for (const page of pages) document.getElementById(page).hidden = page !== wanted;
  for (const link of document.querySelectorAll('nav a'))
    link.toggleAttribute('aria-current', link.hash === '#' + wanted);
  document.querySelector('nav a[aria-current]').setAttribute('aria-current', 'page');
  document.title = document.querySelector(`#${wanted} h2`).textContent + ' · node-dns console';
  window.scrollTo(0, 0);
  if (wanted === 'trace') draw();
  read(wanted);
}

/** Reads a page's part again and again while it is looked at. */
async function read(page) {
  const mine = ++turn;
  while (mine === turn && readers[page] && !document.hidden) {
    if (!$(page, 'when').textContent) when(page, 'reading');
    await readers[page][0]();
    await new Promise(done => { setTimeout(done, 1000 * readers[page][1]()); });
  }
}

for (const page of Object.keys(readers)) {
  $(page, 'refresh').addEventListener('click', () => read(page));
}
$('move', 'filters').addEventListener('change', workloads);
$('top', 'filters').sort.addEventListener('change', drawTop);
$('top', 'filters').node.addEventListener('change', () => read('top'));
$('trace', 'filters').addEventListener('submit', event => { event.preventDefault(); start(); });
$('trace', 'stop').addEventListener('click', stop);
for (const form of document.querySelectorAll('form')) form.addEventListener('submit', event => event.preventDefault());
window.addEventListener('hashchange', route);
document.addEventListener('visibilitychange', () => { if (!document.hidden) read(looked()); });
ask('about').then(about => {
  state.about = about;
  $('trace', 'filters').namespace.value = $('trace', 'filters').namespace.defaultValue = about.namespace || '';
  document.getElementById('about').textContent = `${about.server} (${about.origin})` + (about.namespace ? `, namespace ${about.namespace}` : '');
}, e => { document.getElementById('about').textContent = e.error; }).finally(route);
