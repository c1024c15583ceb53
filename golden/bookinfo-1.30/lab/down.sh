#!/bin/sh
# Deletes the kind cluster.
set -eu
kind delete cluster --name ambient
