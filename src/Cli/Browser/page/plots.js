'use strict';
// Plots and elements. Everything is made from nodes and text: nothing that a cluster says becomes markup.

const NS = 'http://www.w3.org/2000/svg';

/** An element. Attributes whose value is null, undefined or false are left out. */
function el(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes, ...children) {
  return fill(document.createElementNS(NS, name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat().filter(child => child !== null && child !== undefined && child !== ''));
  return node;
}

/** A bar in parts. Each part is [class, number, word]. */
function partsBar(parts, height) {
  const all = parts.reduce((sum, part) => sum + part[1], 0);
  const words = parts.filter(part => part[1] > 0).map(part => part[1] + ' ' + part[2]).join(', ') || 'nothing';
  const bar = svg('svg', { viewBox: '0 0 1000 10', preserveAspectRatio: 'none', height: height, role: 'img', 'aria-label': words });
  let at = 0;
  for (const [tone, count] of parts) {
    const width = all ? 1000 * count / all : 0;
    if (count) bar.append(svg('rect', { class: 'f-' + tone, x: at, y: 0, width: Math.max(width - (height > 12 ? 2 : 6), 2), height: 10, rx: 1 }));
    at += width;
  }
  return bar;
}

/** Bars side by side: [label, value, class]. Labels of some are left out where there are many. */
function columns(rows, unit) {
  const W = 420, H = 120, top = 14, bottom = 18;
  const most = Math.max(...rows.map(row => row[1]), 0);
  const wide = W / Math.max(rows.length, 1);
  const plot = svg('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img',
    'aria-label': rows.filter(row => row[1] > 0).map(row => `${row[0]}: ${round(row[1])}${unit}`).join(', ') || 'nothing' });
  plot.append(svg('line', { class: 'axis', x1: 0, x2: W, y1: H - bottom, y2: H - bottom }));
  rows.forEach(([label, value, tone], i) => {
    const h = most ? (H - top - bottom) * value / most : 0;
    plot.append(svg('rect', { class: 'f-' + (tone || 'good'), x: i * wide + 2, width: Math.max(wide - 4, 1), y: H - bottom - h, height: h, rx: 1 }));
    if (i % Math.ceil(rows.length / 8) === 0)
      plot.append(svg('text', { x: Math.min(Math.max(i * wide + wide / 2, 26), W - 26), y: H - 5, 'text-anchor': 'middle' }, label));
    if (value === most && most > 0)
      plot.append(svg('text', { x: Math.min(Math.max(i * wide + wide / 2, 20), W - 20), y: H - bottom - h - 4, 'text-anchor': 'middle' }, round(value) + unit));
  });
  return plot;
}

/** A line over time. */
function line(values, most, words) {
  const W = 420, H = 90;
  const top = most || Math.max(...values, 1e-9) * 1.15;
  const at = values.map((value, i) => [values.length > 1 ? W * i / (values.length - 1) : W, H - 4 - (H - 12) * Math.min(value / top, 1)]);
  const path = at.map(p => p.map(n => n.toFixed(1)).join(',')).join(' ');
  return svg('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': words },
    svg('line', { class: 'axis', x1: 0, x2: W, y1: H - 4, y2: H - 4 }),
    values.length === 1 ? svg('circle', { class: 'f-good', cx: W - 3, cy: at[0][1].toFixed(1), r: 3 }) : null,
    values.length > 1 ? svg('polygon', { class: 'area', points: `0,${H - 4} ${path} ${W},${H - 4}` }) : null,
    values.length > 1 ? svg('polyline', { class: 'l-good', points: path }) : null);
}

/** Columns in parts, one for each second: rows of numbers, and a class for each number. */
function stacks(rows, tones, words) {
  const W = 840, H = 84, wide = W / rows.length;
  const most = Math.max(...rows.map(row => row.reduce((a, b) => a + b, 0)), 1);
  const plot = svg('svg', { viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: 'none', height: 84, role: 'img', 'aria-label': words },
    svg('line', { class: 'axis', x1: 0, x2: W, y1: H - 1, y2: H - 1 }));
  rows.forEach((row, i) => {
    let y = H - 1;
    row.forEach((count, part) => {
      const h = (H - 4) * count / most;
      y -= h;
      if (count) plot.append(svg('rect', { class: 'f-' + tones[part], x: i * wide + 1, width: wide - 2, y: y, height: h }));
    });
  });
  return plot;
}

function key(rows) {
  return el('ul', { class: 'key' }, rows.map(([tone, word]) => el('li', { class: tone }, el('i', { 'aria-hidden': 'true' }), word)));
}

function round(number) {
  return number >= 100 ? Math.round(number).toLocaleString('en') : number >= 10 ? number.toFixed(1) : number ? number.toFixed(2) : '0';
}

function count(number) {
  return Math.round(number).toLocaleString('en');
}

function share(part, all) {
  return all ? (100 * part / all).toFixed(1).replace(/\.0$/, '') + ' %' : '–';
}

function seconds(time) {
  return !isFinite(time) ? '–' : time < 1e-3 ? (time * 1e6).toFixed(0) + ' µs' : time < 1 ? (time * 1e3).toPrecision(3) + ' ms' : time.toFixed(2) + ' s';
}

/** A table. Columns are [heading, class]; on narrow screens each row is stacked. Roles are said, since styles may take them away. */
function table(caption, heads, rows, className) {
  return el('table', { class: 'stack ' + (className || ''), role: 'table', 'aria-label': caption },
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' },
      heads.map(([head, kind]) => el('th', { scope: 'col', role: 'columnheader', class: kind }, head)))),
    el('tbody', { role: 'rowgroup' }, rows.map(row => el('tr', { role: 'row', class: row.chosen ? 'chosen' : null },
      row.map((cell, i) => el('td', { role: 'cell', class: heads[i][1], 'data-label': heads[i][0] }, cell))))));
}
