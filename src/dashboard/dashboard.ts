import { html } from 'htm/preact';
import { render, type VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { bottleneckText } from '../runtime/bottleneck.js';
import { type Act, ActDialog } from './act-dialog.js';
import * as api from './api.js';
import { Graph } from './graph.js';
import { LetterDialog } from './letter-dialog.js';
import { Letters } from './letters.js';
import { PipelineCharts, useHistory } from './overview.js';
import { Queues } from './queues.js';
import { StagePanel } from './stage-panel.js';
import * as text from './text.js';

const REFRESH_MS = 1000;

type State = 'starting' | 'running' | 'gone' | 'unauthorized';

/** Asks again and again, as long as the page is seen. */
function usePipeline(): [api.ObservedPipeline | undefined, State, (state: State) => void] {
  const [pipeline, setPipeline] = useState<api.ObservedPipeline>();
  const [state, setState] = useState<State>('starting');
  useEffect(() => {
    if (state === 'unauthorized') return undefined;
    const ask = () => {
      if (document.hidden) return;
      api.pipeline().then(
        (found) => {
          setPipeline(found);
          setState('running');
        },
        (error: unknown) => setState(error instanceof api.Unauthorized ? 'unauthorized' : 'gone'),
      );
    };
    ask();
    const timer = setInterval(ask, REFRESH_MS);
    document.addEventListener('visibilitychange', ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', ask);
    };
  }, [state === 'unauthorized']);
  return [pipeline, state, setState];
}

function Dashboard(): VNode {
  const [pipeline, state, setState] = usePipeline();
  const [chosen, setChosen] = useState<string>();
  const [letter, setLetter] = useState<string>();
  const [act, setAct] = useState<Act>();
  const [round, setRound] = useState(0);
  const letterClosed = (action: api.LetterAction | undefined) => {
    if (action) setAct({ action, count: 1, asked: { id: [letter] } });
    setLetter(undefined);
  };
  const acted = (isDone: boolean) => {
    setAct(undefined);
    if (isDone) setRound(round + 1);
  };
  const close = () => {
    document.querySelector<SVGElement>(`[data-stage="${chosen}"]`)?.focus();
    setChosen(undefined);
  };
  const history = useHistory();
  const name = pipeline?.pipeline;
  useEffect(() => {
    if (name !== undefined) document.title = `${name} · Millrace`;
  }, [name]);
  const stage = pipeline?.stages.find(({ id }) => id === chosen);
  if (state === 'unauthorized') return html`<${Login} onToken=${() => setState('starting')} />`;
  if (!pipeline)
    return html`<main><p role="status">${state === 'gone' ? 'Nothing answers.' : 'Loading …'}</p></main>`;
  return html`<header><${Head} pipeline=${pipeline} isGone=${state === 'gone'} /></header>
    <main>
      <section aria-labelledby="graph-title">
        <h2 id="graph-title">Pipeline</h2>
        <${Graph} pipeline=${pipeline} chosen=${chosen} onChoose=${setChosen} />
        ${!stage && html`<p class="quiet">Choose a stage to see more of it.</p>`}
        <${PipelineCharts} pipeline=${pipeline} history=${history} />
      </section>
      ${stage && html`<${StagePanel} pipeline=${pipeline} stage=${stage} history=${history} onClose=${close} onLetter=${setLetter} />`}
      <${Queues} pipeline=${pipeline} />
      <${Letters} onLetter=${setLetter} onAct=${setAct} round=${round} />
    </main>
    ${letter !== undefined && html`<${LetterDialog} key=${letter} id=${letter} onClose=${letterClosed} />`}
    ${act && html`<${ActDialog} act=${act} onClose=${acted} />`}`;
}

function Head({ pipeline, isGone }: { pipeline: api.ObservedPipeline; isGone: boolean }): VNode {
  const {
    pipeline: name,
    elapsedMs,
    draining,
    process,
    workers,
    deadLetters,
    bottleneck,
    progress,
  } = pipeline;
  const status = isGone ? 'ended' : draining ? 'draining' : 'running';
  const done = progress.total ? ` (${text.share(Math.min(1, progress.read / progress.total))} done)` : '';
  const facts = [
    ['Running for', text.duration(elapsedMs)],
    ['Workers', String(workers.count)],
    ['Memory', text.size(process.residentBytes)],
    ['Main thread busy', text.share(process.eventLoopUtilization)],
    ['Dead letters', text.count(deadLetters)],
  ];
  return html`<h1>${name}</h1>
    <dl class="facts">
      <div><dt>Status</dt><dd class="status ${status}"><span role="status" id="status">${status}</span>${done}</dd></div>
      ${facts.map(([title, value]) => html`<div><dt>${title}</dt><dd>${value}</dd></div>`)}
    </dl>
    <p class="bottleneck" id="bottleneck">Limited by ${bottleneckText(bottleneck)}.</p>`;
}

function Login({ onToken }: { onToken: () => void }): VNode {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    api.keepToken(String(new FormData(event.target as HTMLFormElement).get('token')));
    onToken();
  };
  return html`<main><section>
    <h1>Millrace</h1>
    <form onSubmit=${submit}>
      <p>This pipeline wants a token.</p>
      <div class="row"><label>Token <input name="token" type="password" required autocomplete="off" /></label><button>Show it</button></div>
    </form>
  </section></main>`;
}

api.takeToken();
render(html`<${Dashboard} />`, document.getElementById('dashboard')!);
