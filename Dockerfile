# A static binary, the public CA certificates, and nobody's rights.
FROM golang:1.26 AS build
ARG VERSION=devel
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY pkg pkg
COPY scripts scripts
RUN VERSION=$VERSION scripts/build.sh /vcfleet

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /vcfleet /vcfleet
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["/vcfleet"]
