# The image of max: Node.js and the package, nothing else. No shell, no root, nothing written outside of /data.
#   docker build -t max-harness .
#   docker run --rm -p 127.0.0.1:8000:8000 -v max-data:/data --read-only max-harness
FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts && mkdir /data

FROM gcr.io/distroless/nodejs22-debian12:nonroot
LABEL org.opencontainers.image.title="max-harness" org.opencontainers.image.licenses="MIT"
COPY --from=build /src/package.json /src/LICENSE /app/
COPY --from=build /src/node_modules /app/node_modules
COPY --from=build /src/schemas /app/schemas
COPY --from=build /src/dist /app/dist
COPY --from=build --chown=65532:65532 /data /data
# Store and control token are below the working directory. NODE_ENV is left alone: in production the server
# refuses the origin "*", so whoever sets it names origins in MAX_ORIGIN.
WORKDIR /data
ENV MAX_HOST=0.0.0.0 MAX_METRICS_PORT=9090 MAX_METRICS_HOST=0.0.0.0
VOLUME /data
EXPOSE 8000 9090
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD ["/nodejs/bin/node", "-e", "fetch(`http://127.0.0.1:${process.env.MAX_PORT ?? 8000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/bin/max.js"]
CMD ["demo"]
