"""Kernels that start warm: forked from one parent that has imported everything, instead of a new interpreter each.

A kernel provisioner of jupyter_client, so that papermill and nbclient use it unchanged. Each report still has a
process of its own. Where there is no parent (kernel_parent), or it cannot fork safely, the ordinary kernel serves.
"""

import json
import os
import select
import signal
import socket
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

PROVISIONER = "after-sales-warm"
LAUNCHER = "ipykernel_launcher"
ANSWER_SECONDS = 90.0


def use(manager: AsyncKernelManager, address: str | None) -> None:
    """Have the manager's kernel forked from the parent at that address; an ordinary kernel where there is none."""
    spec = manager.kernel_spec
    if address is None or spec is None or LAUNCHER not in spec.argv:
        return
    known = KernelProvisionerFactory.instance().provisioners
    known.setdefault(
        PROVISIONER, EntryPoint(PROVISIONER, f"{__name__}:WarmProvisioner", "jupyter_client.kernel_provisioners")
    )
    stanza = {"provisioner_name": PROVISIONER, "config": {"address": address}}
    warm = KernelSpec(**spec.to_dict())
    warm.resource_dir = spec.resource_dir
    warm.metadata = {**spec.metadata, "kernel_provisioner": stanza}
    manager._kernel_spec = warm


class WarmProvisioner(LocalProvisioner):
    """Launches a kernel by asking the parent for a fork; everything else is that of a local process."""

    def __init__(self, *, address: str, **options: Any) -> None:
        super().__init__(**options)
        self.address = address

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """The forked kernel's connection; an ordinary kernel when the parent does not answer or refuses."""
        env, cwd = kwargs.get("env") or dict(os.environ), str(kwargs.get("cwd") or Path.cwd())
        kernel = ask(self.address, cmd[cmd.index(LAUNCHER) + 1 :], env=env, cwd=cwd)
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.pgid = kernel.pid
        return self.connection_info


def ask(address: str, argv: list[str], *, env: Mapping[str, str], cwd: str) -> "ForkedKernel | None":
    """A kernel forked with these arguments, or None when the parent is not there, refuses or does not answer."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(ANSWER_SECONDS)
    try:
        connection.connect(address)
        connection.sendall(json.dumps({"argv": argv, "env": dict(env), "cwd": cwd}).encode() + b"\n")
        lines = connection.makefile("rb", buffering=0)
        answer = json.loads(lines.readline() or b"{}")
    except OSError:
        answer = {}
    if "pid" not in answer:
        connection.close()
        return None
    return ForkedKernel(answer["pid"], connection)


class ForkedKernel:
    """A kernel that is a child of the parent of kernels, with the face of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection

    def poll(self) -> int | None:
        """The exit code, None while it runs. A kernel whose parent has gone was killed with it."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.returncode = self._exit_code()
        return self.returncode

    def wait(self) -> int:
        """The exit code, once there is one."""
        if self.returncode is None:
            self._connection.settimeout(None)
            self.returncode = self._exit_code()
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Send the kernel a signal."""
        os.kill(self.pid, signum)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def _exit_code(self) -> int:
        with self._connection:
            told = self._connection.makefile("rb", buffering=0).readline()
        return int(json.loads(told)["exit"]) if told.strip() else -int(signal.SIGKILL)
