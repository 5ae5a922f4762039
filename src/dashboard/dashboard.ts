import { html } from 'htm/preact';
import { render, type VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { bottleneckText } from '../runtime/bottleneck.js';
import { type Act, ActDialog } from './act-dialog.js';
import * as api from './api.js';
import { Graph } from './graph.js';
import { LetterDialog } from './letter-dialog.js';
import { Letters } from './letters.js';
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
  const acted = () => {
    setAct(undefined);
    setRound(round + 1);
  };
  const stage = pipeline?.stages.find(({ id }) => id === chosen);
  if (state === 'unauthorized') return html`<${Login} onToken=${() => setState('starting')} />`;
  if (!pipeline)
    return html`<main><p role="status">${state === 'gone' ? 'Nothing answers.' : 'Loading …'}</p></main>`;
  return html`<header><${Head} pipeline=${pipeline} isGone=${state === 'gone'} /></header>
    <main>
      <section aria-labelledby="graph-title">
        <h2 id="graph-title">Pipeline</h2>
        <${Graph} pipeline=${pipeline} chosen=${chosen} onChoose=${setChosen} />
        <p class="quiet">Choose a stage to see more of it.</p>
      </section>
      ${stage && html`<${StagePanel} pipeline=${pipeline} stage=${stage} onClose=${() => setChosen(undefined)} onLetter=${setLetter} />`}
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
  return html`<h1>${name}</h1>
    <div class="facts">
      <span class=${isGone ? 'problem' : ''} role="status" id="status"><b>${status}</b>${done}</span>
      <span>for <b>${text.duration(elapsedMs)}</b></span>
      <span><b>${workers.count}</b> workers</span>
      <span><b>${text.size(process.residentBytes)}</b> of memory</span>
      <span>main thread busy <b>${text.share(process.eventLoopUtilization)}</b></span>
      <span><b>${text.count(deadLetters)}</b> dead letters</span>
    </div>
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
