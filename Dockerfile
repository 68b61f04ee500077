# The service in one image: docs/deploy.md says how it is run, docs/decisions/image.md why it is so.
# make pin-images writes the digests of these two here.
ARG BUILD_IMAGE=swift:6.3-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim
ARG VERSION=0.1.0

# The stylesheet and Swagger UI that the pages use.
FROM ${RUNTIME_IMAGE} AS pages
RUN apt-get -q update \
  && apt-get -q install -y --no-install-recommends ca-certificates python3 python3-pip \
  && rm -r /var/lib/apt/lists/*
WORKDIR /src
COPY www/install-vendor www/vendor.txt www/
RUN www/install-vendor
COPY www www
RUN rm www/install-vendor www/vendor.txt www/vendor/SHA256SUMS

FROM ${BUILD_IMAGE} AS build
RUN apt-get -q update \
  && apt-get -q install -y --no-install-recommends fonts-dejavu-core libcairo2-dev libfcgi-dev \
    libpq-dev libsqlite3-dev libssl-dev pkg-config \
  && rm -r /var/lib/apt/lists/*
WORKDIR /src
# Again only when the dependencies change.
COPY Package.swift ./
COPY supply/check-packages supply/swift-packages.txt supply/
RUN swift package resolve && supply/check-packages \
  && swift --version 2> /dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' > /swift-version
COPY Sources Sources
# What is built in of it.
COPY data/datapackage.json data/
# Not built, but the package is not whole without them.
COPY Tests Tests
# Packed relocations are 2 MB less to pull and to read. So are 3 MB of functions that nothing calls, that are
# the same as others, or that are named for libraries which nobody loads.
RUN swift build -c release --static-swift-stdlib --product drug-responder \
    -Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs \
    -Xswiftc -Xfrontend -Xswiftc -function-sections \
    -Xlinker --no-export-dynamic -Xlinker --icf=all \
  && mkdir /programs \
  && strip -o /programs/drug-responder .build/release/drug-responder \
  && ln -s drug-responder /programs/drugctl
# The first start then answers at once.
COPY data data
RUN /programs/drugctl pipeline --models /built-in

FROM ${RUNTIME_IMAGE} AS runtime
# Two packages of which nothing is used here, and what they bring, are 9 MB: nginx asks for iproute2 when
# it is installed beside another server, libx11 for names of characters. Empty ones take their places; of
# the fonts, the plots use one, multiwatch of glib the library itself, freetype of brotli what unpacks, and
# fontconfig of expat the one of bytes.
RUN for package in iproute2 libx11-data; do \
    mkdir -p /empty/DEBIAN \
    && printf '%s\n' "Package: $package" 'Version: 9:99' 'Architecture: all' 'Multi-Arch: foreign' \
      'Maintainer: nobody <nobody@localhost>' 'Description: an empty package' > /empty/DEBIAN/control \
    && dpkg-deb --build /empty /empty.deb && dpkg --install /empty.deb && rm -r /empty /empty.deb \
    || exit 1; \
  done \
  && apt-get -q update \
  && apt-get -q install -y --no-install-recommends fonts-dejavu-core libcairo2 libfcgi0ldbl \
    libnginx-mod-stream libpq5 libsqlite3-0 libssl3 multiwatch nginx spawn-fcgi \
  && rm -rf /var/lib/apt/lists/* /var/lib/dpkg/*-old /var/cache/* /var/log/* /usr/share/vim \
    /usr/share/fonts/truetype/dejavu/*Mono* /usr/share/fonts/truetype/dejavu/*Serif* \
    /usr/lib/*/libg[iom]*-2.0.so* /usr/lib/*/libgthread-2.0.so* /usr/lib/*/glib-2.0 \
    /usr/lib/*/libbrotlienc.so* /usr/lib/*/libexpatw.so*

# What the image consists of, of which the runtime's part is known by now.
FROM pages AS contents
ARG VERSION
ARG RUNTIME_IMAGE
COPY supply supply
COPY www/vendor.txt www/
COPY --from=runtime /var/lib/dpkg/status /runtime-status
COPY --from=build /swift-version /
RUN supply/sbom --version "$VERSION" --base "$RUNTIME_IMAGE" --swift "$(cat /swift-version)" \
    --debian /runtime-status > /sbom.cdx.json

FROM runtime
WORKDIR /opt/drug-classifier
COPY --from=build /programs bin/
COPY --from=build /built-in built-in/
COPY --from=pages /src/www www/
COPY nginx nginx/
COPY data data/
COPY --from=contents /sbom.cdx.json /usr/share/doc/drug-classifier/
# An ordinary user; any other one can be given instead, best in group 0, to which the folders belong.
# The links are where drugctl looks by itself.
RUN ln -s /opt/drug-classifier/bin/drugctl /usr/local/bin/drugctl \
  && ln -s /srv/models models && ln -s /srv/log log \
  && install -d -m 2770 -o 10001 -g 0 /srv/models /srv/log
USER 10001:0
ENV BIND=0.0.0.0 PORT=8000 MODELS=/srv/models LOG=/srv/log RUN=/tmp/drug-classifier \
  BUILT_IN=/opt/drug-classifier/built-in RESPONDER=/opt/drug-classifier/bin/drug-responder
VOLUME /srv/models /srv/log
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["nginx/healthy"]
ENTRYPOINT ["nginx/serve"]
ARG VERSION
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Drug Classifier" \
  org.opencontainers.image.description="Recommends one of five drugs for a patient: REST service, pages and command line" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
