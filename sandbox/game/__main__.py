"""The game as a process: `python -m sandbox.game --kubeconfig F --namespace N --service S --port P`."""

import json
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event, Thread

import click
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.game import execs
from sandbox.game.api import Api
from sandbox.game.controls import Controls
from sandbox.game.listeners import Listeners, QuietHandler, close
from sandbox.game.proxies import Proxies
from sandbox.game.server import Game, create_app
from sandbox.game.traffic import Traffic
from sandbox.game.watching import Watching
from sandbox.game.world import World

STOP_S = 5.0


@click.command()
@click.option(
    "--kubeconfig", type=click.Path(exists=True, path_type=Path), required=True, help="The cluster to follow."
)
@click.option("--namespace", required=True, help="The namespace that is watched.")
@click.option("--service", required=True, help="The Service, and host of the VirtualService, that players ask.")
@click.option("--selector", default="", help="Labels of the service's pods, KEY=VALUE,…; without it app=SERVICE.")
@click.option("--port", default=0, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--rps", default=50.0, show_default=True, help="Requests a second that players send.")
@click.option("--seed", default=7, show_default=True, help="Seed of every draw.")
@click.option(
    "--lag",
    "lags",
    type=float,
    multiple=True,
    default=(0.0,),
    show_default=True,
    help="Seconds between the API and a simulated proxy; given several times, as many proxies take turns.",
)
@click.option("--region", default="us-east-1", show_default=True, help="What /api/v1/region answers.")
@click.option("--kwok-exec/--no-kwok-exec", default=True, show_default=True, help="Create kwok Exec objects for pods.")
def main(
    *,
    kubeconfig: Path,
    namespace: str,
    service: str,
    selector: str,
    port: int,
    rps: float,
    seed: int,
    lags: tuple[float, ...],
    region: str,
    kwok_exec: bool,
) -> None:
    """Simulate players, proxies and game servers on a real cluster. Prints one JSON line once it serves."""
    stop, api = Event(), Api(kubeconfig)
    watching = partial(Watching, api, namespace=namespace, selector=selector or f"app={service}")
    game = _assemble(watching, namespace=namespace, service=service, rps=rps, seed=seed, lags_s=lags, region=region)
    server = make_server("127.0.0.1", port, create_app(game), threaded=True, request_handler=QuietHandler)
    jobs: list[Callable[[], None]] = [partial(_play, game, stop), partial(game.listeners.run, stop)]
    if kwok_exec:
        jobs.append(partial(_keep_execs, api, game, namespace, stop))
    game.watching.start(stop)
    workers = [Thread(target=job) for job in jobs]
    for worker in workers:
        worker.start()
    print(json.dumps({"url": f"http://127.0.0.1:{server.port}"}), flush=True)
    _serve(server, stop)
    game.listeners.notice()
    for worker in workers:
        worker.join(timeout=STOP_S)


def _assemble(
    watch: Callable[..., Watching],
    *,
    namespace: str,
    service: str,
    rps: float,
    seed: int,
    lags_s: Sequence[float],
    region: str,
) -> Game:
    proxies, controls = Proxies(lags_s=lags_s), Controls(rps=rps)

    def changed(world: World) -> None:
        if watching.complete:
            proxies.learn(world, now=time.monotonic())
        else:
            proxies.know(world)
        listeners.notice()

    watching = watch(changed=changed)

    def live() -> World:
        return watching.world

    listeners = Listeners(live=live, region=region)
    return Game(
        traffic=Traffic(namespace=namespace, service=service, proxies=proxies, live=live, controls=controls, seed=seed),
        proxies=proxies,
        controls=controls,
        listeners=listeners,
        watching=watching,
        region=region,
        clock=time.monotonic,
    )


def _play(game: Game, stop: Event) -> None:
    # Players come when the proxies know where to send them: the start is no outage.
    while not stop.is_set() and not game.watching.wait_until_complete(1.0):
        pass
    game.traffic.run(stop)


def _keep_execs(api: Api, game: Game, namespace: str, stop: Event) -> None:
    execs.keep(
        api, namespace=namespace, live=lambda: game.watching.world, addresses=game.listeners.addresses, stop=stop
    )


def _serve(server: BaseWSGIServer, stop: Event) -> None:
    """Serve until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Thread(target=server.serve_forever, name="http", daemon=True).start()
    stop.wait()
    close(server)


if __name__ == "__main__":
    main()
